//! A restorer put to the test, before a stream gets it.

use std::time::{Duration, Instant};

use super::{Restorer, Runner};
use crate::error::{Error, Result};
use crate::frame::OwnedFrame;
use crate::model::Model;
use crate::provider::{Provider, ProviderChoice, SessionOptions};
use crate::runtime::Runtime;
use crate::selftest::{self, Agreement, Bars, Verdict};

impl Restorer {
    /// Runs the golden frames ([`selftest::frame`]) on this restorer and on the CPU provider, with the file that this one
    /// loaded, and holds the difference to the bars of its precision. `model` and `options` are those it was opened with.
    ///
    /// A shared session is tested once; who joins meanwhile waits for the answer. Takes [`selftest::FRAMES`] frames on either,
    /// and the loading of a session: not for a streaming thread. The past is lost.
    ///
    /// # Errors
    /// [`Error::SelfTest`] with the figures, or with what the run failed with.
    pub fn self_test(
        &mut self,
        runtime: &Runtime,
        model: &Model,
        options: &SessionOptions,
    ) -> Result<Verdict> {
        let known = match &self.runner {
            Runner::Own(_) => None,
            Runner::Shared(seat) => Some(seat.verdict()),
        };
        let mut known = known.as_ref().map(|known| {
            known
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        });
        let verdict = match known.as_deref() {
            Some(Some(verdict)) => verdict.clone(),
            _ => self.examine(runtime, model, options),
        };
        if let Some(known) = &mut known {
            **known = Some(verdict.clone());
        }
        verdict.map_err(|reason| Error::SelfTest {
            provider: self.active_provider().provider.name(),
            model: self.info().name.clone(),
            reason,
        })
    }

    fn examine(
        &mut self,
        runtime: &Runtime,
        model: &Model,
        options: &SessionOptions,
    ) -> Result<Verdict, String> {
        let provider = self.active_provider().provider;
        if provider == Provider::Cpu {
            return Ok(Verdict::Reference);
        }
        let reference = model.loaded_on(provider).and_then(|model| {
            let options = SessionOptions {
                provider: ProviderChoice::Only(Provider::Cpu),
                device: None,
                ..options.clone()
            };
            Self::join(runtime, &model, &options, self.width, self.height)
        });
        let expected = reference.and_then(|mut reference| reference.golden());
        let given = self.golden().map_err(|error| error.to_string())?;
        let expected = match expected {
            Ok(expected) => expected,
            Err(error) => return Ok(Verdict::Untested(error.to_string())),
        };
        let agreement = agreement(&given, &expected).map_err(|error| error.to_string())?;
        Bars::of(&self.info().precision).check(&agreement)?;
        Ok(Verdict::Passed(agreement))
    }

    /// How far this restorer's golden frames are from those of `other`, which is for the same size. Both lose their past.
    ///
    /// # Errors
    /// [`Error::Run`] if a frame fails, [`Error::Frame`] if the sizes differ.
    pub fn agreement_with(&mut self, other: &mut Self) -> Result<Agreement> {
        agreement(&self.golden()?, &other.golden()?)
    }

    /// How long a frame takes: the least of the golden frames, as others may be using the machine. The past is lost.
    ///
    /// # Errors
    /// [`Error::Run`] if a frame fails.
    pub fn pace(&mut self) -> Result<Duration> {
        let mut least = Duration::MAX;
        self.golden_frames(|_, took| least = least.min(took))?;
        Ok(least)
    }

    /// The golden frames, restored.
    fn golden(&mut self) -> Result<Vec<OwnedFrame>> {
        let mut restored = Vec::with_capacity(selftest::FRAMES);
        self.golden_frames(|frame, _| restored.push(frame))?;
        Ok(restored)
    }

    fn golden_frames(&mut self, mut take: impl FnMut(OwnedFrame, Duration)) -> Result<()> {
        let patience = self.patience.take();
        self.reset()?;
        for index in 0..selftest::FRAMES {
            let input = selftest::frame(index, self.width, self.height)?;
            let mut output = input.clone();
            let begun = Instant::now();
            self.restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)?;
            take(output, begun.elapsed().saturating_sub(self.last_wait));
        }
        self.patience = patience;
        self.reset()
    }
}

/// The worst of two runs over the golden frames.
fn agreement(a: &[OwnedFrame], b: &[OwnedFrame]) -> Result<Agreement> {
    let mut pairs = a.iter().zip(b);
    pairs.try_fold(Agreement::default(), |worst, (a, b)| {
        Ok(worst.worst(Agreement::of(a, b)?))
    })
}
