//! A restorer that takes another one's place in mid-stream.

use super::Restorer;
use crate::error::Result;

impl Restorer {
    /// Puts this restorer in the place of `before`: the next frame finds the past that it would have found there. Says
    /// whether the past could be taken over. Where it could not, this restorer starts a new scene.
    ///
    /// It can where both run the same file on the CPU: then the tensors, and what restoring keeps, are alike and lie in the
    /// same memory.
    ///
    /// # Errors
    /// As [`Self::reset`].
    pub fn take_over(&mut self, before: &mut Self) -> Result<bool> {
        let on_cpu = |restorer: &Self| restorer.active_provider().provider.runs_on_cpu();
        let is_same = on_cpu(self) && on_cpu(before) && self.plan.is_same_as(&before.plan);
        let is_same = is_same && self.on_device.is_none() && before.on_device.is_none();
        // Tensors that lie elsewhere belong to the graphs that were made around them.
        let is_same = is_same && self.on_device.is_none() && before.on_device.is_none();
        self.patience = before.patience;
        if !is_same {
            self.reset()?;
            return Ok(false);
        }
        std::mem::swap(&mut self.tensors, &mut before.tensors);
        std::mem::swap(&mut self.adapter, &mut before.adapter);
        std::mem::swap(&mut self.degradation, &mut before.degradation);
        Ok(true)
    }
}
