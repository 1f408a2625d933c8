"""Variants are merged and written as TOML that says the same; a run's last scores are read back."""

import tomllib

import pytest

from training import ablate
from training.prepare import ROOT

CONFIGS = ROOT / "training" / "config"


def variants() -> dict:
    spec = tomllib.loads((CONFIGS / "ablation.toml").read_text())
    base = ablate.merged(tomllib.loads((ROOT / spec["base"]).read_text()), spec["all"])
    return {name: ablate.merged(base, change) for name, change in spec["variant"].items()}


@pytest.mark.parametrize("config", variants().values(), ids=variants())
def test_a_variant_survives_being_written(config):
    assert tomllib.loads(ablate.toml(config)) == config


def test_only_what_a_variant_names_changes():
    found = variants()
    assert found["adamw"]["train"].pop("muon_lr") == 0 != found["nano"]["train"].pop("muon_lr")
    assert found["adamw"] == found["nano"]


def test_scores_without_a_memory_have_no_late_frames(tmp_path):
    (tmp_path / "curve.csv").write_text("step,val_out,val_lift,val_late\n10,,,\n20,24.0,0.5,\n30,,,\n")
    assert ablate.score(tmp_path) == {"out": 24.0, "lift": 0.5, "steps": 20}
