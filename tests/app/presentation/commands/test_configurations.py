import shlex

from app.presentation.commands.configurations import reproduce_command
from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import Device, RuntimeName


def test_the_command_that_measures_again_names_the_device_where_it_is_no_processor() -> None:
    on_cpu = Configuration(RuntimeName.ONNXRUNTIME, threads=2)
    on_gpu = Configuration(RuntimeName.PYTORCH, device=Device.CUDA)
    assert "--device" not in reproduce_command("resnet50", 224, on_cpu)
    assert reproduce_command("resnet50", 224, on_gpu) == (
        "archrank profile resnet50 --runtime pytorch --device cuda --precision fp32 "
        "--batch-size 1 --threads 1 --input-size 224 --force"
    )


def test_the_command_is_quoted_for_the_shell() -> None:
    configuration = Configuration(RuntimeName.ONNXRUNTIME)
    for name in ("net; $(touch x)", "it's", "a b", "net`x`", "a\nb", "*"):
        words = shlex.split(reproduce_command(name, 224, configuration))
        assert words[:3] == ["archrank", "profile", name]
