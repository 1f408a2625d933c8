//! Whether a provider really got the graph that a session was opened on it with.

use super::Provider;

impl Provider {
    /// The name that ONNX Runtime knows it by.
    pub(super) const fn runtime_name(self) -> &'static str {
        match self {
            Self::Cpu => "CPUExecutionProvider",
            Self::OpenVino => "OpenVINOExecutionProvider",
            Self::Cuda => "CUDAExecutionProvider",
            Self::TensorRt => "TensorrtExecutionProvider",
            Self::TensorRtRtx => "NvTensorRTRTXExecutionProvider",
        }
    }
}

/// What is wrong with a graph whose operators went to providers as `shares` says (by ONNX Runtime's names), if `provider`
/// was to run it. What a provider does not know runs elsewhere, but not all of it, and nothing of the CPU's does.
pub(crate) fn objection(provider: Provider, shares: &[(String, usize)]) -> Option<String> {
    let own = |(name, _): &&(String, usize)| name == provider.runtime_name();
    let has_own = shares.iter().any(|share| own(&share));
    let is_foreign = shares.iter().any(|share| !own(&share));
    let is_wrong = match provider {
        Provider::Cpu => is_foreign,
        _ => is_foreign && !has_own,
    };
    let list = shares
        .iter()
        .map(|(name, operators)| format!("{operators} to {name}"));
    is_wrong.then(|| {
        format!(
            "ONNX Runtime gave the model's operators to others: {}",
            list.collect::<Vec<_>>().join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(provider: Provider, shares: &[(&str, usize)]) -> bool {
        let shares: Vec<_> = shares
            .iter()
            .map(|&(name, operators)| (name.to_owned(), operators))
            .collect();
        objection(provider, &shares).is_some()
    }

    #[test]
    fn a_provider_that_got_nothing_is_found_out() {
        let cpu = ("CPUExecutionProvider", 3);
        let cuda = ("CUDAExecutionProvider", 40);
        assert!(objects(Provider::Cuda, &[cpu]));
        assert!(objects(Provider::TensorRt, &[cuda, cpu]));
        assert!(!objects(Provider::Cuda, &[cuda, cpu]));
        assert!(!objects(
            Provider::TensorRt,
            &[("TensorrtExecutionProvider", 40), cuda]
        ));
    }

    #[test]
    fn the_cpu_shares_with_nobody() {
        let cpu = ("CPUExecutionProvider", 3);
        assert!(!objects(Provider::Cpu, &[cpu]));
        assert!(objects(
            Provider::Cpu,
            &[("OpenVINOExecutionProvider", 40), cpu]
        ));
    }

    #[test]
    fn a_graph_without_operators_is_everybodys() {
        assert!(!objects(Provider::Cuda, &[]));
        assert!(!objects(Provider::Cpu, &[]));
    }
}
