use super::*;
use Provider::{Cpu, Cuda, OpenVino, TensorRt};
use lowlight_engine::selftest::Agreement;

/// A workshop in which each provider does as it is told. A session is its provider.
#[derive(Default)]
struct Stub {
    missing: Vec<Provider>,
    wrong: Vec<Provider>,
    slow: Vec<Provider>,
    opened: Vec<Provider>,
}

impl Workshop for Stub {
    type Session = Provider;

    fn open(&mut self, provider: Provider) -> Result<Provider, Error> {
        self.opened.push(provider);
        match self.missing.contains(&provider) {
            true => Err(Error::Provider {
                provider: provider.name(),
                reason: "is missing".into(),
            }),
            false => Ok(provider),
        }
    }

    fn test(&mut self, session: &mut Provider) -> Result<Verdict, Error> {
        match *session {
            Cpu => Ok(Verdict::Reference),
            wrong if self.wrong.contains(&wrong) => Err(Error::SelfTest {
                provider: wrong.name(),
                model: "night".into(),
                reason: "largest difference 99".into(),
            }),
            _ => Ok(Verdict::Passed(Agreement { max: 1, mean: 0.1 })),
        }
    }

    fn falls_behind(&mut self, session: &mut Provider) -> Option<(Duration, Duration)> {
        let (takes, has) = (Duration::from_millis(500), Duration::from_millis(40));
        self.slow.contains(session).then_some((takes, has))
    }
}

/// Writes down what it hears and takes.
struct Listener {
    heard: Vec<String>,
    /// Sessions after which nobody wants another one.
    patience: usize,
}

impl Audience<Provider> for Listener {
    fn hear(&mut self, step: Step) {
        self.heard.push(match step {
            Step::Opening(prospect) => format!("open {}", prospect.provider.name()),
            Step::Testing(provider) => format!("test {}", provider.name()),
        });
    }

    fn take(&mut self, session: Provider, is_final: bool, reason: String) {
        let until = if is_final { "stays" } else { "for now" };
        self.heard
            .push(format!("<- {} {until}: {reason}", session.name()));
        self.patience -= 1;
    }

    fn settle(&mut self, reason: String) {
        self.heard.push(format!("settled: {reason}"));
    }

    fn give_up(&mut self, error: Error) {
        self.heard.push(format!("failed: {error}"));
    }

    fn is_there(&self) -> bool {
        self.patience > 0
    }
}

/// What is heard of a climb over `providers`, best first.
fn heard(stub: &mut Stub, providers: &[Provider], is_patient: bool, patience: usize) -> String {
    let prospects = providers.iter().map(|&provider| Prospect {
        provider,
        expected: None,
    });
    let mut listener = Listener {
        heard: Vec::new(),
        patience,
    };
    climb(Ladder::new(prospects, is_patient), stub, &mut listener);
    listener.heard.join("\n")
}

#[test]
fn frames_get_the_quick_one_and_then_the_best_one() {
    let told = heard(&mut Stub::default(), &[TensorRt, Cuda, Cpu], false, 9);
    let wanted = "open cuda\ntest cuda\n\
                  <- cuda for now: self-test passed: largest difference 1, mean 0.100 code values\n\
                  open tensorrt\ntest tensorrt\n\
                  <- tensorrt stays: self-test passed: largest difference 1, mean 0.100 code values";
    assert_eq!(told, wanted);
}

#[test]
fn what_fails_the_self_test_is_never_handed_over_and_the_next_one_is_tried() {
    let mut stub = Stub {
        wrong: vec![TensorRt],
        missing: vec![Cuda],
        ..Stub::default()
    };
    let told = heard(&mut stub, &[TensorRt, Cuda, OpenVino, Cpu], false, 9);
    assert_eq!(stub.opened, [Cuda, Cpu, TensorRt, OpenVino]);
    assert!(!told.contains("<- tensorrt"), "{told}");
    let reason = "<- openvino stays: execution provider cuda is not usable: is missing; execution provider tensorrt \
                  fails the self-test with model night: largest difference 99; self-test passed";
    assert!(told.contains(reason), "{told}");
}

#[test]
fn a_stop_gap_stays_where_nothing_better_works() {
    let mut stub = Stub {
        missing: vec![TensorRt, OpenVino],
        ..Stub::default()
    };
    let told = heard(&mut stub, &[TensorRt, OpenVino, Cpu], false, 9);
    assert!(told.contains("<- cpu for now: \n"), "{told}");
    assert!(
        told.ends_with(
            "settled: execution provider tensorrt is not usable: is missing; \
             execution provider openvino is not usable: is missing"
        ),
        "{told}"
    );
}

#[test]
fn a_stop_gap_that_does_not_keep_up_is_better_than_nothing_alone() {
    let slow = || Stub {
        slow: vec![Cpu],
        ..Stub::default()
    };
    let told = heard(&mut slow(), &[OpenVino, Cpu], false, 9);
    assert!(!told.contains("<- cpu"), "{told}");
    let mut alone = Stub {
        missing: vec![OpenVino],
        ..slow()
    };
    let told = heard(&mut alone, &[OpenVino, Cpu], false, 9);
    let reason = "<- cpu stays: cpu does not keep up: a frame takes 500 ms, and there is one every 40 ms; \
                  execution provider openvino is not usable: is missing";
    assert!(told.ends_with(reason), "{told}");
}

#[test]
fn whoever_waits_gets_one_provider_from_the_first_frame_to_the_last() {
    let mut stub = Stub {
        missing: vec![TensorRt],
        slow: vec![OpenVino],
        ..Stub::default()
    };
    let told = heard(&mut stub, &[TensorRt, OpenVino, Cpu], true, 9);
    assert_eq!(stub.opened, [TensorRt, OpenVino]);
    assert_eq!(told.matches("<-").count(), 1, "{told}");
}

#[test]
fn where_nothing_works_the_last_error_is_the_one() {
    let mut stub = Stub {
        missing: vec![TensorRt, Cpu],
        ..Stub::default()
    };
    let told = heard(&mut stub, &[TensorRt, Cpu], true, 9);
    assert!(
        told.ends_with("failed: execution provider cpu is not usable: is missing"),
        "{told}"
    );
}

#[test]
fn nothing_more_is_opened_once_nobody_is_there() {
    let mut stub = Stub::default();
    heard(&mut stub, &[TensorRt, Cuda, Cpu], false, 1);
    assert_eq!(stub.opened, [Cuda]);
}
