"""The publications that the training plan rests on. Their titles and addresses are in sources.toml."""

import tomllib
from pathlib import Path

from catalog.reference.texts.recipes import Source

_TABLE = Path(__file__).parent / "sources.toml"
SOURCES = {
    name: Source(fields["title"], fields["url"])
    for name, fields in tomllib.loads(_TABLE.read_text(encoding="utf-8")).items()
}

BENGIO = SOURCES["bengio"]
GOYAL = SOURCES["goyal"]
GIRSHICK = SOURCES["girshick"]
CHEN = SOURCES["chen"]
MICIKEVICIUS = SOURCES["micikevicius"]
YOSINSKI = SOURCES["yosinski"]
KORNBLITH = SOURCES["kornblith"]
BIT = SOURCES["bit"]
SGDR = SOURCES["sgdr"]
WU = SOURCES["wu"]
PRECHELT = SOURCES["prechelt"]
NIST = SOURCES["nist"]
GOODFELLOW = SOURCES["goodfellow"]
ADAM = SOURCES["adam"]
ADAMW = SOURCES["adamw"]
ADADELTA = SOURCES["adadelta"]
RUDER = SOURCES["ruder"]
DEIT3 = SOURCES["deit3"]
WILSON = SOURCES["wilson"]
CHOI = SOURCES["choi"]
KUMAR = SOURCES["kumar"]
TIMM_BENCHMARK = SOURCES["timm_benchmark"]
# Where the published runs come from. A run has a title of its own.
TIMM_RESULTS = "https://github.com/huggingface/pytorch-image-models/tree/main/results"
