use super::*;
use proptest::prelude::*;

/// A second between two observations.
const SECOND: Duration = Duration::from_secs(1);

fn terms(has_smaller_tier: bool) -> Terms {
    Terms {
        has_smaller_tier,
        ..Terms::default()
    }
}

/// A machine: what a frame's time is, as a share of what is there, by rung.
#[derive(Clone, Copy, Debug)]
struct Machine {
    /// How much cheaper the smaller model is.
    smaller: f64,
}

impl Machine {
    /// Load on `rung`, where `demand` is what the full rung would cause.
    fn load(self, rung: Rung, demand: f64) -> f64 {
        match rung {
            Rung::Full => demand,
            Rung::EverySecond => demand / 2.0,
            Rung::SmallerTier => demand / 2.0 / self.smaller,
            Rung::PassThrough => 0.0,
        }
    }
}

/// A stream on a machine, second by second.
struct Simulation {
    ladder: Ladder,
    machine: Machine,
    at: Duration,
}

impl Simulation {
    fn new(terms: Terms, smaller: f64) -> Self {
        Self {
            ladder: Ladder::new(terms),
            machine: Machine { smaller },
            at: Duration::ZERO,
        }
    }

    /// Lets a demand, as of the time in seconds, last for `seconds`; gives the steps.
    fn run(&mut self, seconds: u32, demand: impl Fn(u32) -> f64) -> Vec<Step> {
        let second = |_| {
            self.at += SECOND;
            let demand = demand(self.at.as_secs() as u32);
            let load = self.machine.load(self.ladder.rung(), demand);
            self.ladder.observe(self.at, load)
        };
        (0..seconds).filter_map(second).collect()
    }
}

/// A demand with noise of 4 % that is the same every time.
fn noisy(demand: f64) -> impl Fn(u32) -> f64 {
    move |second| demand * (1.0 + (f64::from(second * 7919 % 17) - 8.0) / 200.0)
}

#[test]
fn a_stream_that_keeps_up_never_steps() {
    let mut simulation = Simulation::new(terms(true), 3.0);
    assert_eq!(simulation.run(10_000, noisy(0.9)), []);
}

#[test]
fn steps_say_where_and_why() {
    let mut simulation = Simulation::new(terms(true), 4.0);
    let texts = |steps: Vec<Step>| -> Vec<String> {
        let text = |step: &Step| {
            format!(
                "{} -> {}: {}",
                step.from.name(),
                step.to.name(),
                step.reason
            )
        };
        steps.iter().map(text).collect()
    };
    assert_eq!(
        texts(simulation.run(20, |_| 2.5)),
        [
            "full -> every-second-frame: frames take 250 % of their time, for 2.0 s",
            "every-second-frame -> smaller-tier: frames take 125 % of their time, for 2.0 s",
        ]
    );
    assert_eq!(
        texts(simulation.run(30, |_| 0.4)),
        [
            "smaller-tier -> every-second-frame: frames would take 20 % of their time, for 10.0 s",
            "every-second-frame -> full: frames would take 40 % of their time, for 10.0 s",
        ]
    );
    assert_eq!(simulation.ladder.counters(), Counters { down: 2, up: 2 });
}

#[test]
fn a_short_peak_is_sat_out() {
    let mut simulation = Simulation::new(terms(true), 3.0);
    let steps = simulation.run(1_000, |second| if second % 4 < 2 { 3.0 } else { 0.5 });
    assert_eq!(steps, []);
}

#[test]
fn without_a_smaller_model_the_rung_is_not_there() {
    let mut simulation = Simulation::new(terms(false), 3.0);
    let rungs: Vec<_> = simulation
        .run(8, |_| 9.0)
        .iter()
        .map(|step| step.to)
        .collect();
    assert_eq!(rungs, [Rung::EverySecond, Rung::PassThrough]);
}

#[test]
fn from_pass_through_trials_become_rare_where_they_keep_failing() {
    let mut simulation = Simulation::new(terms(true), 2.0);
    let day = 24 * 3600;
    let steps = simulation.run(day, noisy(50.0));
    let trials = steps
        .iter()
        .filter(|step| matches!(step.reason, Reason::Trial { .. }));
    // Ten seconds, twenty and so on to ten minutes, and then one in ten minutes.
    let bound = 7 + day / 600;
    assert!(trials.count() <= bound as usize);
    assert_eq!(simulation.ladder.rung(), Rung::PassThrough);
}

#[test]
fn a_load_that_fell_by_itself_during_a_step_is_not_taken_for_the_rungs_cost_for_ever() {
    let mut simulation = Simulation::new(terms(true), 3.0);
    simulation.run(3, |_| 30.0);
    assert_eq!(simulation.ladder.rung(), Rung::EverySecond);
    simulation.run(700, |_| 0.5);
    assert_eq!(simulation.ladder.rung(), Rung::Full);
}

proptest! {
    #[test]
    fn a_constant_demand_is_settled_at_one_rung(demand in 0.01_f64..20.0, smaller in 1.5_f64..6.0, has: bool) {
        let mut simulation = Simulation::new(terms(has), smaller);
        simulation.run(60, noisy(demand));
        let settled = simulation.ladder.rung();
        let steps = simulation.run(500, noisy(demand));
        if settled < Rung::PassThrough {
            prop_assert_eq!(steps, []);
        }
        // Where nothing fits it tries, and gives up at once.
        let is_low = simulation.machine.load(Rung::SmallerTier, demand) < 0.5;
        prop_assert!(settled < Rung::PassThrough || !has || !is_low);
    }

    #[test]
    fn a_higher_demand_never_ends_on_a_better_rung(low in 0.01_f64..20.0, more in 0.0_f64..5.0, has: bool) {
        let end = |demand: f64| {
            let mut simulation = Simulation::new(terms(has), 3.0);
            simulation.run(12, |_| demand);
            simulation.ladder.rung()
        };
        prop_assert!(end(low) <= end(low + more));
    }

    #[test]
    fn whatever_came_before_a_low_demand_ends_at_the_top(
        past in proptest::collection::vec((1_u32..300, 0.0_f64..30.0), 1..12), low in 0.01_f64..0.6,
    ) {
        let mut simulation = Simulation::new(terms(true), 3.0);
        for (seconds, demand) in past {
            simulation.run(seconds, |_| demand);
        }
        simulation.run(4 * 620, |_| low);
        prop_assert_eq!(simulation.ladder.rung(), Rung::Full);
    }

    #[test]
    fn every_step_is_to_the_next_rung_and_counted(
        past in proptest::collection::vec((1_u32..60, 0.0_f64..30.0), 1..20),
    ) {
        let mut simulation = Simulation::new(terms(true), 3.0);
        let order = [Rung::Full, Rung::EverySecond, Rung::SmallerTier, Rung::PassThrough];
        let place = |rung| order.iter().position(|&other| other == rung).unwrap();
        let mut steps = Vec::new();
        for (seconds, demand) in past {
            steps.extend(simulation.run(seconds, |_| demand));
        }
        let mut rung = Rung::Full;
        for step in &steps {
            prop_assert_eq!(step.from, rung);
            prop_assert_eq!(place(step.from).abs_diff(place(step.to)), 1);
            prop_assert_eq!(place(step.to) > place(step.from), matches!(step.reason, Reason::Overloaded { .. }));
            rung = step.to;
        }
        let Counters { down, up } = simulation.ladder.counters();
        prop_assert_eq!((down + up) as usize, steps.len());
        prop_assert_eq!((down - up) as usize, place(simulation.ladder.rung()));
    }
}
