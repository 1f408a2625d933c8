//! Why a command did not end well, and the exit status that says so.

/// Why a command did not end well. Anything else that fails exits with 1.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What was asked for cannot be done; nothing was touched. Exit status 2, as clap's own refusals.
    #[error("{0}")]
    Refused(String),
    /// The output holds what could be saved of the input, not all of it. Exit status 3.
    #[error("{0}")]
    Partial(String),
    /// A signal ended the command. Exit status 128 + the signal's number, as shells have it.
    #[error("{message}")]
    Interrupted {
        /// What became of the output.
        message: String,
        /// The signal's number.
        signal: u8,
    },
}

/// The exit status for an error that reached `main`.
#[must_use]
pub fn exit_status(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Failure>() {
        Some(Failure::Refused(_)) => 2,
        Some(Failure::Partial(_)) => 3,
        Some(Failure::Interrupted { signal, .. }) => 128 + signal,
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_exit_status_even_with_context_around_it() {
        let interrupted = Failure::Interrupted {
            message: String::new(),
            signal: 2,
        };
        for (error, expected) in [
            (anyhow::anyhow!("anything"), 1),
            (Failure::Refused(String::new()).into(), 2),
            (Failure::Partial(String::new()).into(), 3),
            (interrupted.into(), 130),
        ] {
            assert_eq!(exit_status(&error), expected);
            assert_eq!(exit_status(&error.context("clip.mp4")), expected);
        }
    }
}
