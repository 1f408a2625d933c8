//! Frame rates of one pad's caps as the other pad has them.

use gst::glib;

const MAX: i64 = i32::MAX as i64;

/// `caps` with every frame rate multiplied by `numer / denom`; values out of range are clamped.
pub(super) fn scaled(caps: &gst::Caps, numer: u32, denom: u32) -> gst::Caps {
    let mut caps = caps.clone();
    for structure in caps.make_mut().iter_mut() {
        for field in ["framerate", "max-framerate"] {
            let scaled = structure
                .value(field)
                .ok()
                .and_then(|value| scaled_value(value, numer, denom));
            if let Some(value) = scaled {
                structure.set_value(field, value);
            }
        }
    }
    caps
}

fn scaled_value(value: &glib::Value, numer: u32, denom: u32) -> Option<glib::SendValue> {
    use gst::prelude::*;
    if let Ok(rate) = value.get::<gst::Fraction>() {
        return Some(scaled_fraction(rate, numer, denom).to_send_value());
    }
    if let Ok(range) = value.get::<gst::FractionRange>() {
        let [min, max] = [range.min(), range.max()].map(|rate| scaled_fraction(rate, numer, denom));
        return Some(gst::FractionRange::new(min, max).to_send_value());
    }
    let list = value.get::<gst::List>().ok()?;
    let scaled: Option<Vec<_>> = list
        .iter()
        .map(|value| scaled_value(value, numer, denom))
        .collect();
    Some(gst::List::new(scaled?).to_send_value())
}

fn scaled_fraction(rate: gst::Fraction, numer: u32, denom: u32) -> gst::Fraction {
    if rate.numer() == i32::MAX {
        return rate; // the open end of a range stays open
    }
    let (mut n, mut d) = (
        i64::from(rate.numer()) * i64::from(numer),
        i64::from(rate.denom()) * i64::from(denom),
    );
    let common = gcd(n, d);
    (n, d) = (n / common, d / common);
    while n > MAX || d > MAX {
        (n, d) = (n / 2, (d / 2).max(1));
    }
    gst::Fraction::new(n as i32, d as i32)
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled_str(caps: &str, numer: u32, denom: u32) -> String {
        gst::init().unwrap();
        scaled(&caps.parse().unwrap(), numer, denom).to_string()
    }

    #[track_caller]
    fn assert_scaled(from: &str, numer: u32, denom: u32, to: &str) {
        let (from, to) = (
            format!("video/x-raw, framerate={from}"),
            format!("video/x-raw, framerate={to}"),
        );
        gst::init().unwrap();
        let to: gst::Caps = to.parse().unwrap();
        assert_eq!(scaled_str(&from, numer, denom), to.to_string());
    }

    #[test]
    fn values_ranges_and_lists_are_scaled() {
        assert_scaled("(fraction)30000/1001", 1, 2, "(fraction)15000/1001");
        assert_scaled("(fraction)30/1", 8, 1, "(fraction)240/1");
        assert_scaled("(fraction)0/1", 1, 4, "(fraction)0/1");
        assert_scaled(
            "(fraction)[0/1, 2147483647/1]",
            1,
            4,
            "(fraction)[0/1, 2147483647/1]",
        );
        assert_scaled("(fraction)[10/1, 60/1]", 1, 4, "(fraction)[5/2, 15/1]");
        assert_scaled("(fraction){25/1, 30/1}", 2, 1, "(fraction){50/1, 60/1}");
    }

    #[test]
    fn huge_rates_are_clamped_not_wrapped() {
        assert_scaled("(fraction)2147483646/1", 240, 1, "(fraction)2013265918/1");
    }

    #[test]
    fn caps_without_a_rate_are_left_alone() {
        assert_eq!(scaled_str("ANY", 1, 2), "ANY");
    }
}
