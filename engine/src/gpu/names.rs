//! Which GPU a name means.

use super::Gpu;

/// The one of `gpus` that `device` names: an index, a UUID or the start of one. No name is the first.
pub(super) fn choose<'a>(gpus: &'a [Gpu], device: Option<&str>) -> Result<&'a Gpu, String> {
    let Some(name) = device.map(str::trim) else {
        return gpus.first().ok_or_else(|| "there is no GPU".to_owned());
    };
    let by_index = |gpu: &&Gpu| name.parse() == Ok(gpu.index);
    let start = name.to_ascii_lowercase();
    // Shorter ones are not meant as names.
    let is_uuid = start.len() > "gpu-".len() && start.starts_with("gpu-");
    let by_uuid = |gpu: &&Gpu| is_uuid && gpu.uuid.to_ascii_lowercase().starts_with(&start);
    let mut named = gpus.iter().filter(|gpu| by_index(gpu) || by_uuid(gpu));
    match (named.next(), named.next()) {
        (Some(gpu), None) => Ok(gpu),
        (Some(_), Some(_)) => Err(refusal(name, "names more than one GPU", gpus)),
        (None, _) => Err(refusal(name, "names no GPU", gpus)),
    }
}

fn refusal(name: &str, fault: &str, gpus: &[Gpu]) -> String {
    let list: Vec<String> = gpus.iter().map(ToString::to_string).collect();
    format!("device {name:?} {fault}; there are: {}", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "GPU-01234567-89ab-cdef-0123-456789abcdef";
    const SECOND: &str = "GPU-01239999-89ab-cdef-0123-456789abcdef";

    fn gpus() -> [Gpu; 2] {
        [(0, FIRST), (1, SECOND)].map(|(index, uuid)| Gpu {
            index,
            name: format!("Card {index}"),
            uuid: uuid.into(),
            memory: 8 << 30,
            capability: (8, 9),
        })
    }

    #[test]
    fn a_gpu_is_found_by_index_uuid_and_start_of_a_uuid() {
        for (name, index) in [
            (None, 0),
            (Some("0"), 0),
            (Some("1"), 1),
            (Some(" 1 "), 1),
            (Some(SECOND), 1),
            (Some("gpu-01234567-89AB-cdef-0123-456789abcdef"), 0),
            (Some("GPU-012399"), 1),
        ] {
            assert_eq!(
                choose(&gpus(), name).map(|gpu| gpu.index),
                Ok(index),
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_name_that_fits_none_is_refused_with_the_list() {
        for name in ["2", "-1", "", "GPU-", "cuda:0", "GPU-ffff"] {
            assert_eq!(
                choose(&gpus(), Some(name)),
                Err(format!(
                    "device {name:?} names no GPU; there are: 0 Card 0 ({FIRST}), 1 Card 1 ({SECOND})"
                ))
            );
        }
    }

    #[test]
    fn a_name_that_fits_two_is_refused_with_the_list() {
        let refusal = choose(&gpus(), Some("GPU-0123")).unwrap_err();
        assert!(
            refusal
                .starts_with("device \"GPU-0123\" names more than one GPU; there are: 0 Card 0 "),
            "{refusal}"
        );
    }
}
