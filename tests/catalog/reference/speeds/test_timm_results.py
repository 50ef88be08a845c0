import re
import subprocess
from pathlib import Path

import pytest

from catalog.entities.networks import Accuracy
from catalog.errors import SourceTableError
from catalog.reference.speeds.timm_results import (
    ACCURACY_FILES,
    SourceFile,
    SpeedRow,
    git_blob_id,
    number,
    read_accuracies,
    read_speeds,
)
from catalog.words.vocabulary import Dataset

HEADER = "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation"
EVA = "eva02_large_patch14_448.mim_m38m_ft_in22k_in1k,448,90.054,9.946,99.056,0.944,305.08,1.000,bicubic"
BIG = 'maxvit.tag,"1,024",88.5,11.5,98.0,2.0,"1,014.45",0.95,bilinear'


def table(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    """The folder, with such a results-imagenet.csv and the other accuracy tables without a row."""
    for name in ACCURACY_FILES:
        (folder / name).write_text(HEADER + "\n")
    (folder / "results-imagenet.csv").write_text("\n".join([header, *rows, ""]), encoding=encoding)
    return folder


def imagenet(folder: Path) -> list[Accuracy]:
    """The accuracies of the folder's results-imagenet.csv."""
    (rows,) = (
        rows for source, rows in read_accuracies(folder).items() if source.name == "results-imagenet.csv"
    )
    return rows


# Accuracies


def test_a_row_becomes_an_accuracy_with_its_source(tmp_path: Path) -> None:
    (found,) = imagenet(table(tmp_path, EVA))
    blob = git_blob_id((tmp_path / "results-imagenet.csv").read_bytes())
    assert found == Accuracy(
        checkpoint="eva02_large_patch14_448.mim_m38m_ft_in22k_in1k",
        dataset=Dataset.IMAGENET_VAL,
        input_size=448,
        crop_pct=1.0,
        interpolation="bicubic",
        top1=90.054,
        top5=99.056,
        source=f"timm results/results-imagenet.csv @ git blob {blob}",
    )


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("results-imagenet.csv", "imagenet-val"),
        ("results-imagenet-real.csv", "imagenet-real"),
        ("results-imagenetv2-matched-frequency.csv", "imagenet-v2"),
        ("results-sketch.csv", "imagenet-sketch"),
        ("results-imagenet-a.csv", "imagenet-a"),
        ("results-imagenet-r.csv", "imagenet-r"),
    ],
)
def test_each_accuracy_table_is_of_its_data_set(tmp_path: Path, name: str, dataset: str) -> None:
    (table(tmp_path) / name).write_text(f"{HEADER}\n{EVA}\n")
    found = read_accuracies(tmp_path)
    assert {source.name for source in found} == set(ACCURACY_FILES)
    ((source, (accuracy,)),) = ((source, rows) for source, rows in found.items() if rows)
    assert (source.name, accuracy.dataset, accuracy.source) == (name, dataset, str(source))


def test_rows_keep_the_files_order(tmp_path: Path) -> None:
    found = imagenet(table(tmp_path, BIG, EVA))
    assert [accuracy.checkpoint for accuracy in found] == [
        BIG.split(",", maxsplit=1)[0],
        EVA.partition(",")[0],
    ]


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    folder = table(
        tmp_path, "bicubic,0.9,95,80,224,a.b", header="interpolation,crop_pct,top5,top1,img_size,model"
    )
    (found,) = imagenet(folder)
    assert (found.checkpoint, found.input_size, found.top1, found.top5) == ("a.b", 224, 80.0, 95.0)


def test_tables_without_rows_hold_no_accuracies(tmp_path: Path) -> None:
    assert list(read_accuracies(table(tmp_path)).values()) == [[]] * len(ACCURACY_FILES)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,014.45", 1014.45), ("1024.0", 1024.0), ("224", 224.0), (" 0.875 ", 0.875), ("1,234,567", 1234567.0)],
)
def test_numbers_are_read_as_timm_prints_them(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "-", "n/a", "nan", "inf", "1e999", "1.2.3"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"float|finite"):
        number(text)


@pytest.mark.parametrize(("text", "size"), [('"1,024"', 1024), ("1024.0", 1024), ("224", 224)])
def test_an_input_size_is_a_number_of_pixels_however_it_is_printed(
    tmp_path: Path, text: str, size: int
) -> None:
    (found,) = imagenet(table(tmp_path, f"a.b,{text},80,20,95,5,10,0.9,bicubic"))
    assert found.input_size == size


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (found,) = imagenet(table(tmp_path, EVA, encoding="utf-8-sig"))
    assert found.checkpoint == EVA.partition(",")[0]


def test_windows_line_endings_are_read(tmp_path: Path) -> None:
    (table(tmp_path) / "results-imagenet.csv").write_bytes(f"{HEADER}\r\n{EVA}\r\n".encode())
    (found,) = imagenet(tmp_path)
    assert found.interpolation == "bicubic"


GOOD = "a.b,224,80,20,95,5,10,0.9,bicubic"


@pytest.mark.parametrize(
    "row",
    [
        "a.b,,80,20,95,5,10,0.9,bicubic",
        "a.b,big,80,20,95,5,10,0.9,bicubic",
        "a.b,inf,80,20,95,5,10,0.9,bicubic",
        "a.b,224,,20,95,5,10,0.9,bicubic",
        "a.b,224,80,20,n/a,5,10,0.9,bicubic",
        "a.b,224,nan,20,95,5,10,0.9,bicubic",
        "a.b,224,80,20,95,5,10,,bicubic",
        "a.b,224,80,20,95,5,10,nan,bicubic",
        "a.b,224,80",
        "a.b",
        "a.b,224,95,5,80,20,10,0.9,bicubic",
        "a.b,224,-1,101,95,5,10,0.9,bicubic",
        "a.b,224,80,20,101,-1,10,0.9,bicubic",
        ",224,80,20,95,5,10,0.9,bicubic",
        "a.b,224,80,20,95,5,10,0.9,",
    ],
    ids=[
        "no input size",
        "an input size in words",
        "an infinite input size",
        "no top1",
        "top5 not available",
        "top1 not a number",
        "no crop",
        "a crop that is not a number",
        "cut off",
        "only a name",
        "top1 above top5",
        "top1 below 0",
        "top5 above 100",
        "no name",
        "no interpolation",
    ],
)
def test_a_malformed_row_is_named_by_file_and_line(tmp_path: Path, row: str) -> None:
    with pytest.raises(SourceTableError) as caught:
        read_accuracies(table(tmp_path, GOOD, row, GOOD))
    assert f"{tmp_path / 'results-imagenet.csv'}, line 3: " in caught.value.message


def test_a_malformed_row_is_found_in_each_of_the_accuracy_tables(tmp_path: Path) -> None:
    for name in ACCURACY_FILES:
        (table(tmp_path) / name).write_text(f"{HEADER}\n{EVA}\na.b,big,80,20,95,5,10,0.9,bicubic\n")
        with pytest.raises(SourceTableError) as caught:
            read_accuracies(tmp_path)
        assert f"{tmp_path / name}, line 3: " in caught.value.message


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceTableError, match=r"results-imagenet\.csv: no column interpolation, top5\.$"):
        read_accuracies(table(tmp_path, "a.b,224,80,0.9", header="model,img_size,top1,crop_pct"))


@pytest.mark.parametrize("content", ["", "model,img_size\n"], ids=["empty", "a header alone"])
def test_missing_columns_are_found_in_a_file_without_rows(tmp_path: Path, content: str) -> None:
    (table(tmp_path) / "results-imagenet.csv").write_text(content)
    with pytest.raises(SourceTableError, match="no column"):
        read_accuracies(tmp_path)


@pytest.mark.parametrize("name", ACCURACY_FILES)
def test_a_missing_file_is_reported_with_what_to_name_instead(tmp_path: Path, name: str) -> None:
    (table(tmp_path) / name).unlink()
    with pytest.raises(SourceTableError, match=rf"Cannot read .*{re.escape(name)}") as caught:
        read_accuracies(tmp_path)
    assert "pytorch-image-models" in str(caught.value.remedy)


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    (table(tmp_path) / "results-imagenet.csv").write_bytes(HEADER.encode() + b"\n\xff\xfe\x00")
    with pytest.raises(SourceTableError, match=r"results-imagenet\.csv"):
        read_accuracies(tmp_path)


# Speeds


INFER = "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv"
TRAIN = "benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv"
COLUMNS = "model,{0}_img_size,{0}_batch_size,{0}_samples_per_sec,{0}_step_time,{0}_gmacs,param_count"
TINY = 'test_vit.r160_in1k,160,1024.0,"230,101.86",4.442,0.04,0.37'


def speeds(folder: Path, *rows: str, name: str = INFER, header: str | None = None) -> list[SpeedRow]:
    """What is read of a speed table with these rows."""
    phase = "train" if name == TRAIN else "infer"
    (folder / name).write_text("\n".join([header or COLUMNS.format(phase), *rows, ""]))
    ((source, found),) = read_speeds(folder).items()
    assert source == SourceFile(name, git_blob_id((folder / name).read_bytes()))
    return found


@pytest.mark.parametrize("name", [INFER, TRAIN])
def test_a_line_becomes_a_speed(tmp_path: Path, name: str) -> None:
    (found,) = speeds(tmp_path, TINY, name=name)
    assert found == SpeedRow("test_vit.r160_in1k", 160, 1024, 230_101.86, 4.442, 0.37)


def test_speeds_keep_the_files_order_and_files_are_sorted(tmp_path: Path) -> None:
    speeds(tmp_path, TINY, name=TRAIN)
    (tmp_path / INFER).write_text("\n".join([COLUMNS.format("infer"), f"b{TINY}", f"a{TINY}"]))
    found = read_speeds(tmp_path)
    assert [source.name for source in found] == [INFER, TRAIN]
    assert [row.model[0] for row in next(iter(found.values()))] == ["b", "a"]


def test_other_files_are_no_speed_tables(tmp_path: Path) -> None:
    (tmp_path / "model_metadata-in1k.csv").write_text("model,pretrain\n")
    (tmp_path / "README.md").write_text("# Results\n")
    assert speeds(table(tmp_path, EVA), TINY)


def test_a_network_that_did_not_run_has_no_speed(tmp_path: Path) -> None:
    found = speeds(tmp_path, "too_large,,,,,,", TINY, "failed,224,256,,,4.1,25.56")
    assert [row.model for row in found] == ["test_vit.r160_in1k"]


@pytest.mark.parametrize(
    "row",
    [
        "a.b,224,256,fast,85.3,4.1,25.56",
        "a.b,224,256,nan,85.3,4.1,25.56",
        "a.b,,256,3000,85.3,4.1,25.56",
        "a.b,224,,3000,85.3,4.1,25.56",
        "a.b,224,256,3000,,4.1,25.56",
        "a.b,224,256,3000,85.3,4.1,",
        "a.b,224,256,0,85.3,4.1,25.56",
        "a.b,224,256,3000,-1,4.1,25.56",
        "a.b,224,0,3000,85.3,4.1,25.56",
        ",224,256,3000,85.3,4.1,25.56",
        "a.b,224,256,3000",
    ],
    ids=[
        "a speed in words",
        "a speed that is not a number",
        "no input size",
        "no batch size",
        "no time",
        "no parameters",
        "a speed of nothing",
        "a negative time",
        "an empty batch",
        "no name",
        "cut off",
    ],
)
def test_a_malformed_speed_is_named_by_file_and_line(tmp_path: Path, row: str) -> None:
    with pytest.raises(SourceTableError) as caught:
        speeds(tmp_path, TINY, row, TINY)
    assert f"{tmp_path / INFER}, line 3: " in caught.value.message


def test_a_missing_column_of_a_speed_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceTableError, match=rf"{INFER}: no column .*infer_samples_per_sec"):
        speeds(tmp_path, TINY, header=COLUMNS.format("train"))


def test_an_empty_speed_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / INFER).touch()
    with pytest.raises(SourceTableError, match=rf"{INFER}: no column"):
        read_speeds(tmp_path)


def test_a_folder_without_speed_tables_is_reported_with_what_to_name_instead(tmp_path: Path) -> None:
    with pytest.raises(SourceTableError, match=r"no benchmark-\*\.csv in") as caught:
        read_speeds(table(tmp_path, EVA))
    assert "pytorch-image-models" in str(caught.value.remedy)


def test_a_source_is_named_with_its_revision() -> None:
    assert str(SourceFile(INFER, "ab" * 20)) == f"timm results/{INFER} @ git blob {'ab' * 20}"


# Names and numbers


@pytest.mark.parametrize("content", [b"", b"a line\n", "größer\r\n".encode()], ids=["empty", "text", "UTF-8"])
def test_the_blob_id_is_gits(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    hashed = subprocess.run(
        ["git", "hash-object", "--no-filters", str(path)], capture_output=True, text=True, check=True
    )
    assert git_blob_id(content) == hashed.stdout.strip()


def test_the_blob_id_of_nothing_is_the_well_known_one() -> None:
    assert git_blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


# Going on behind what cannot be read


def test_what_cannot_be_read_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    table(tmp_path, EVA, EVA.replace("90.054", "n/a"), BIG)
    (tmp_path / "results-sketch.csv").unlink()
    (tmp_path / "results-imagenet-a.csv").write_bytes(b"\xff\xfe")
    (tmp_path / "results-imagenet-r.csv").write_text("model\nresnet50\n")
    told: list[SourceTableError] = []
    accuracies = read_accuracies(tmp_path, told.append)
    read = {source.name: [accuracy.checkpoint for accuracy in rows] for source, rows in accuracies.items()}
    assert read["results-imagenet.csv"] == [EVA.split(",", maxsplit=1)[0], "maxvit.tag"]
    assert "results-sketch.csv" not in read
    assert read["results-imagenet-a.csv"] == read["results-imagenet-r.csv"] == []
    line, sketch, a, r = sorted(
        (error.message for error in told),
        key=lambda text: ("line" not in text, "sketch" not in text, "imagenet-a" not in text),
    )
    assert line.endswith("results-imagenet.csv, line 3: could not convert string to float: 'n/a'.")
    assert sketch.startswith("Cannot read ")
    assert "is not text" in a
    assert "no column crop_pct" in r


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("net; $(x),224,75,25,92,8,1,0.9,bicubic", "is no name"),
        ("a.b,99999999,75,25,92,8,1,0.9,bicubic", "input_size"),
        ("a.b,1e999,75,25,92,8,1,0.9,bicubic", "not a finite number"),
    ],
)
def test_an_accuracy_that_cannot_be_is_told(tmp_path: Path, row: str, message: str) -> None:
    told: list[SourceTableError] = []
    read_accuracies(table(tmp_path, row), told.append)
    (error,) = told
    assert message in error.message


@pytest.mark.parametrize(
    ("changed", "message"),
    [("1e30", "images_per_s is 1e+30, and can be"), ("0", "not positive"), ("1e999", "not a finite number")],
)
def test_a_speed_that_cannot_be_is_told(tmp_path: Path, changed: str, message: str) -> None:
    (tmp_path / "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv").write_text(
        "model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,param_count\n"
        f"resnet18,{changed},255.96,1024,224,11.69\nresnet18,4000,255.96,1024,224,11.69\n"
    )
    told: list[SourceTableError] = []
    ((rows),) = read_speeds(tmp_path, told.append).values()
    assert len(rows) == 1
    (error,) = told
    assert message in error.message


def test_a_folder_without_tables_is_told(tmp_path: Path) -> None:
    told: list[SourceTableError] = []
    assert read_accuracies(tmp_path, told.append) == {}
    assert read_speeds(tmp_path, told.append) == {}
    assert len(told) == len(ACCURACY_FILES) + 1
