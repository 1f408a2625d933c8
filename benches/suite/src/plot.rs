//! Lines over points as SVG.

use anyhow::Context;
use plotters::prelude::*;
use std::path::Path;

/// A line: its name and its points, in order.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// What the axes say.
pub(crate) struct Axes<'a> {
    pub(crate) title: &'a str,
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
}

const SIZE: (u32, u32) = (720, 420);
const COLOURS: [RGBColor; 4] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 98, 40),
    RGBColor(60, 140, 70),
    RGBColor(120, 90, 160),
];

/// Draws `lines` into `path`, both axes logarithmic: a cost in proportion is a straight line.
pub(crate) fn draw(path: &Path, axes: &Axes<'_>, lines: &[Line]) -> anyhow::Result<()> {
    draw_svg(path, axes, lines).with_context(|| format!("cannot draw {}", path.display()))
}

fn draw_svg(path: &Path, axes: &Axes<'_>, lines: &[Line]) -> anyhow::Result<()> {
    let points = || lines.iter().flat_map(|line| line.points.iter().copied());
    let (x, y) = (
        range(points().map(|point| point.0)).context("no points")?,
        range(points().map(|point| point.1)).context("no points")?,
    );
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(axes.title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(60)
        .build_cartesian_2d((x.0..x.1).log_scale(), (y.0..y.1).log_scale())?;
    let figure = |value: &f64| format!("{}", (value * 1e4).round() / 1e4);
    chart
        .configure_mesh()
        .x_desc(axes.x)
        .y_desc(axes.y)
        .x_label_formatter(&figure)
        .y_label_formatter(&figure)
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style).point_size(3))?
            .label(&line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(())
}

/// Least and most, with some air.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (least, most) = values.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), value| {
        (least.min(value), most.max(value))
    });
    (least.is_finite() && least > 0.0).then_some((least / 1.3, most * 1.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXES: Axes<'_> = Axes {
        title: "t",
        x: "x",
        y: "y",
    };

    #[test]
    fn a_plot_names_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plot.svg");
        let line = Line {
            name: "nano, two cores".into(),
            points: vec![(0.2, 100.0), (2.0, 10.0)],
        };
        draw(&path, &AXES, &[line]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("<svg") && text.contains("nano, two cores"));
    }

    #[test]
    fn nothing_cannot_be_drawn() {
        assert!(draw(Path::new("unused.svg"), &AXES, &[]).is_err());
    }
}
