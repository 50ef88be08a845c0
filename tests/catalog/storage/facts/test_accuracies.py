"""Published accuracies, by checkpoint and input size."""

from catalog.storage.database import Catalog
from catalog.storage.facts.accuracies import top1_by_size
from catalog.storage.facts.facts import save_accuracies, save_architectures, save_checkpoints
from catalog.words.vocabulary import Dataset, Precision
from tests.builders import make_accuracy, make_architecture, make_checkpoint


def test_the_best_crop_of_each_size_counts_on_imagenet_in_fp32(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_architectures(session, [make_architecture()])
        save_checkpoints(session, [make_checkpoint(f"toynet.v{version}") for version in (1, 2)])
        save_accuracies(
            session,
            [
                make_accuracy("toynet.v1", top1=76.0, input_size=288),
                make_accuracy("toynet.v1", top1=77.0, input_size=288, crop_pct=1.0),
                make_accuracy("toynet.v1", top1=75.0, input_size=224),
                make_accuracy("toynet.v1", top1=99.0, input_size=224, dataset=Dataset.IMAGENET_REAL),
                make_accuracy("toynet.v1", top1=98.0, input_size=320, precision=Precision.BF16),
                make_accuracy("toynet.v2", top1=70.0, input_size=224),
            ],
        )
    with catalog.read() as session:
        assert top1_by_size(session, ["toynet.v1", "toynet.v1", "none"]) == {
            "toynet.v1": {224: 75.0, 288: 77.0}
        }
        assert top1_by_size(session, []) == {}
