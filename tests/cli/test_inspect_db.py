"""``cricketgnn inspect-db`` as it is typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import optuna
import pytest

from console import Run
from small_league import STUDIES
from studies import ours

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """The storage that commands look for where none is named."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'optuna_studies.db'}")
    study = ours(optuna.create_study(study_name="mine", storage=storage, direction="maximize"))
    (tmp_path / "folder").mkdir()
    study.set_user_attr("folder", str(tmp_path / "folder"))
    study.optimize(lambda trial: trial.suggest_float("lr", 0, 1), n_trials=25)
    storage.engine.dispose()
    return tmp_path / "optuna_studies.db"


@pytest.mark.usefixtures("studies")
def test_what_people_read(console: Run) -> None:
    done = console("inspect-db")
    assert done.code == 0, done.err
    assert "mine" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    trials = console("inspect-db", "--study", "mine", "--limit", 5)
    assert "the last 5 of 25 trials" in trials.out
    assert trials.out.count("complete") == 5
    one = console("inspect-db", "show", "--study", "mine", "--trial", 3)
    assert "distributions" in one.out
    assert "empty: val log loss, " in one.out
    assert "None" not in one.out
    latest = console("inspect-db", "--trial", 3)
    assert (latest.out, latest.err) == (one.out, "study mine, the one that changed last\n")
    table = console("inspect-db", "--table", "trials", "--limit", 10)
    assert table.out.count("COMPLETE") == 10
    assert max(map(len, table.out.splitlines())) <= 80
    assert (
        "trials 0, 1, 2, 3, 4 and 20 more completed, and the model is not in"
        in console("inspect-db", "verify").out
    )


def test_documents(console: Run, studies: Path) -> None:
    told = json.loads(console("inspect-db", studies, "--json").out)
    assert told["studies"][0]["trials"]["complete"] == 25
    assert json.loads(console("inspect-db", "--study", "mine", "--json").out)["trials"][24]["number"] == 24
    assert json.loads(console("inspect-db", "--study", "mine", "--trial", 2, "--json").out)["number"] == 2
    assert len(json.loads(console("inspect-db", "--table", "trial_params", "--json").out)["rows"]) == 20
    (finding,) = json.loads(console("inspect-db", "verify", "--json").out)["findings"]
    assert finding["gravity"] == "wrong"


@pytest.mark.parametrize("command", ["show", "verify", "fix"])
def test_the_storage_as_an_option_as_other_commands_take_it(
    console: Run, studies: Path, command: str
) -> None:
    place = studies.rename(studies.with_name("elsewhere.db")).name
    assert "no such storage of studies" in console("inspect-db", command).err
    named = console("inspect-db", command, "--storage", f"sqlite:///{place}")
    assert (named.code, named.out, named.err) == tuple(console("inspect-db", command, place))
    twice = console("inspect-db", command, place, "--storage", "sqlite:///other.db")
    assert (twice.code, "got two storages, elsewhere.db and --storage sqlite:///other.db" in twice.err) == (
        2, True,
    )  # fmt: skip


@pytest.mark.usefixtures("studies")
@pytest.mark.parametrize(
    "typed", [("optuna_studies.db", "verify"), ("--storage", "sqlite:///optuna_studies.db", "verify")]
)
def test_the_command_may_stand_behind_the_storage(console: Run, typed: tuple[str, ...]) -> None:
    assert console("inspect-db", *typed).out == console("inspect-db", "verify").out


def test_copies(console: Run, studies: Path) -> None:
    assert "written: copy.db (1 study)" in console("inspect-db", "backup", "copy.db").err
    assert "written: t.csv (25 trials)" in console("inspect-db", "export", "t.csv", "--study", "mine").err
    taken = console("inspect-db", "import", "copy.db", "--as", "other")
    assert (taken.code, taken.err) == (0, "copied: study 'other'\n")
    again = console("inspect-db", "import", "copy.db", "--as", "other")
    assert (again.code, "is in sqlite:///optuna_studies.db already" in again.err) == (5, True)


def test_changes_are_agreed_to_first(console: Run, studies: Path) -> None:
    storage = optuna.storages.RDBStorage(f"sqlite:///{studies}")
    optuna.load_study(study_name="mine", storage=storage).ask()
    wrong = console("inspect-db", "verify")
    assert (wrong.code, "trial 25 said to run" in wrong.out) == (5, True)
    unasked = console("inspect-db", "fix")
    assert (unasked.code, "let trial 25 wait? nobody is there to ask: add --yes" in unasked.err) == (2, True)
    assert (
        "study 'mine': 1 trial put back; go on with: cricketgnn resume mine"
        in console("inspect-db", "fix", "--yes").err
    )
    assert "no lost trial" in console("inspect-db", "fix").err
    assert console("inspect-db", "delete", "mine").code == 2
    assert "study 'mine' is removed" in console("inspect-db", "delete", "mine", "--yes").err
    assert console("inspect-db").out == "no study yet\n"
    storage.engine.dispose()


def test_brackets_are_no_markup(console: Run, studies: Path) -> None:
    storage = optuna.storages.RDBStorage(f"sqlite:///{studies}")
    study = optuna.create_study(study_name="[red]odd[/x]", storage=storage, direction="maximize")
    study.set_user_attr("identity", {"phase": "phase1-coarse"})
    trial = study.ask()
    trial.set_user_attr("failure", "cannot open [data] from [/mnt/x]")
    study.tell(trial, state=optuna.trial.TrialState.FAIL)
    storage.engine.dispose()
    assert "[red]odd[/x]" in console("inspect-db").out
    assert "cannot open [data] from [/mnt/x]" in console("inspect-db", "--study", "[red]odd[/x]").out


@pytest.mark.usefixtures("studies")
@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("optuna_studie.db",), 5, "did you mean 'optuna_studies.db'"),
        (("--study", "mein"), 3, "unknown study 'mein' in this storage; did you mean 'mine'"),
        (("--trial", "99"), 3, "study 'mine' has no trial 99; it has 25"),
        (("--study", "mine", "--trial", "99"), 3, "has no trial 99; it has 25"),
        (("--table", "trails"), 3, "did you mean 'trials'"),
        (("--table", "trials", "--study", "mine"), 2, "leave one out"),
        (("--table", "trials", "--trial", "1"), 2, "leave one out"),
        (("delete", "mein", "--yes"), 3, "did you mean 'mine'"),
        (("export", "x.txt"), 2, "expected a name that ends in .json, .csv or .parquet"),
        (("backup", "optuna_studies.db"), 5, "is there already"),
    ],
)
def test_what_is_typed_wrong(console: Run, typed: tuple[str, ...], code: int, said: str) -> None:
    done = console("inspect-db", *typed)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_backup_in_place_of_its_study_goes_on_past_trials_that_it_does_not_know(
    tune: Run, console: Run
) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s").code == 0
    assert console("inspect-db", "backup", "b.db", "--storage", STUDIES).code == 0
    for storage, gamma in ((STUDIES, 0.5), ("sqlite:///b.db", 1.0)):
        parameters = {"focal_gamma": gamma, "use_class_weights": False}
        optuna.load_study(study_name="s", storage=storage).enqueue_trial(parameters)
    assert console("resume", "s", "--n-trials", 2, "--storage", STUDIES).code == 0
    Path("b.db").replace("studies.db")
    done = console("resume", "s", "--n-trials", 2, "--storage", STUDIES, "--json")
    assert done.code == 0, done.err
    assert "trial 1: its folder held another training, which is in" in done.err
    assert json.loads(done.out)["trials"][1]["parameters"]["focal_gamma"] == 1.0
    assert Path("checkpoints/optuna/trash/s_trial_0001/last.pt").is_file()


def test_a_copy_of_a_study_leaves_the_folder_of_the_original_alone(tune: Run, console: Run) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s").code == 0
    results = Path("checkpoints/optuna/s/study_results.json")
    before = results.read_bytes()
    assert console("inspect-db", "import", "studies.db", "--storage", "sqlite:///copy.db").code == 0
    shutil.copy("studies.db", "file.db")  # and a file that was copied
    for copy in ("sqlite:///copy.db", "sqlite:///file.db"):
        done = console("resume", "s", "--n-trials", 2, "--storage", copy)
        assert (done.code, "is the folder of study 's' in sqlite:////" in done.err) == (5, True), done.err
    assert results.read_bytes() == before


def test_a_study_that_was_lost_goes_on_from_its_backup_with_its_folder(tune: Run, console: Run) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s").code == 0
    assert console("inspect-db", "backup", "b.db", "--storage", STUDIES).code == 0
    Path("studies.db").unlink()
    assert console("inspect-db", "import", "b.db", "--storage", "studies.db").code == 0
    done = console("resume", "s", "--n-trials", 2, "--storage", STUDIES)
    assert done.code == 0, done.err
    assert Path("checkpoints/optuna/s/trial_0001/best_model.pt").is_file()


def test_a_project_that_was_copied_has_its_own_folders(
    tune: Run, console: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s").code == 0
    original, there = Path("checkpoints/optuna/s").absolute(), tmp_path / "there"
    shutil.copytree(tmp_path, there, ignore=lambda *_: ["there"])
    monkeypatch.chdir(there)
    for target in ("s", "checkpoints/optuna/s"):
        done = console("report", target, "--storage", STUDIES, "--format", "csv")
        assert done.code == 0, done.err
        assert f"written: {there / 'checkpoints/optuna/s/report.csv'}" in done.err
    assert console("resume", "s", "--n-trials", 2, "--storage", STUDIES).code == 0
    assert Path("checkpoints/optuna/s/trial_0001").is_dir()
    assert not (original / "report.csv").exists()
    assert not (original / "trial_0001").exists()


def test_a_copy_that_has_no_models_is_refused_before_anything_is_written(tune: Run, console: Run) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s").code == 0
    taken = ("studies.db", "--storage", STUDIES, "--study", "s", "--as", "copy")
    assert console("inspect-db", "import", *taken).code == 0
    done = console("resume", "copy", "--n-trials", 2, "--storage", STUDIES)
    assert (done.code, "comes without models" in done.err) == (5, True), done.err
    assert not Path("checkpoints/optuna/copy").exists()
    assert console("inspect-db", "verify", STUDIES).code == 0
