from itertools import chain

import pytest

from catalog.entities.identity import architecture_of
from catalog.reference.facts.training_data import METHODS, parse
from catalog.reference.texts.families import families, families_of
from catalog.reference.texts.recipes import (
    Course,
    Custom,
    Nearness,
    Recipe,
    Schedule,
    custom_of,
    recipes,
)
from catalog.words.optimizers import Optimizer
from tests.reference_tables import WHOLE

COURSES = [
    course for recipe in recipes() for course in (recipe.training, recipe.fine_tuning) if course is not None
]
KINDS = sorted({family.kind for family in families().values()})


def name_of(course: Course) -> str:
    return f"{course.title}: {course.where}"


def test_a_recipe_names_families_that_exist_or_kinds_that_exist() -> None:
    for recipe in recipes():
        assert recipe.families or recipe.kinds or recipe.methods
        assert set(recipe.families) <= families().keys()
        assert set(recipe.kinds) <= set(KINDS)


def test_a_recipe_of_a_pretraining_names_methods_that_exist_in_words() -> None:
    for recipe in recipes():
        assert set(recipe.methods) <= METHODS.keys()
        assert bool(recipe.methods) is bool(recipe.pretraining)


def test_a_recipe_says_how_to_train_or_how_to_fine_tune() -> None:
    with pytest.raises(ValueError, match="how to fine-tune"):
        Recipe()


def test_a_family_a_kind_and_a_method_have_one_recipe() -> None:
    by_use = [[one.families for one in recipes()], [one.kinds for one in recipes()]]
    for names in (*by_use, [one.methods for one in recipes()]):
        named = list(chain.from_iterable(names))
        assert len(named) == len(set(named))


def test_every_kind_has_a_recipe() -> None:
    assert sorted(chain.from_iterable(one.kinds for one in recipes())) == KINDS


@pytest.mark.parametrize("course", COURSES, ids=name_of)
def test_a_course_says_where_it_can_be_read(course: Course) -> None:
    assert course.title
    assert course.where
    assert course.url.startswith("https://")
    assert " " not in course.url
    assert course.source.title == f"{course.title} ({course.where})"
    assert course.source.url == course.url


@pytest.mark.parametrize("course", COURSES, ids=name_of)
def test_the_figures_of_a_course_are_sane(course: Course) -> None:
    assert 1e-6 <= course.learning_rate <= 2
    assert course.batch is None or 32 <= course.batch <= 8192
    assert course.weight_decay is None or 0 <= course.weight_decay <= 0.5
    assert course.warm_up_epochs is None or 0 <= course.warm_up_epochs <= 40
    assert course.epochs is None or 10 <= course.epochs <= 1000
    for name, value in course.constants.items():
        assert name in {"momentum", "decay", "epsilon", "beta1", "beta2", "layer_decay"}
        assert 0 < value <= 1


@pytest.mark.parametrize("course", COURSES, ids=name_of)
def test_a_rate_is_relative_to_the_batch_only_where_one_is_stated(course: Course) -> None:
    assert course.batch is not None or not course.scales_with_batch
    assert course.batch is not None or not course.linear


@pytest.mark.parametrize("course", [course for course in COURSES if course.batch is not None], ids=name_of)
def test_a_rate_per_image_is_of_the_size_that_its_optimiser_takes(course: Course) -> None:
    assert course.batch is not None
    per_256 = course.learning_rate * 256 / course.batch
    if course.optimizer is Optimizer.RMSPROP:
        assert 0.01 <= per_256 <= 0.4
    elif course.optimizer.adaptive:
        assert 1e-6 <= per_256 <= 2e-3
    else:
        assert 1e-3 <= per_256 <= 0.2


@pytest.mark.parametrize("course", COURSES, ids=name_of)
def test_a_schedule_that_steps_says_by_which_factor_and_at_most_once_when(course: Course) -> None:
    steps = course.schedule in {Schedule.PLATEAU, Schedule.STEP, Schedule.EXPONENTIAL}
    assert (course.decay is not None) == steps
    if course.decay is not None:
        moments = (course.decay.every_epochs, course.decay.at_epochs, course.decay.at_shares)
        assert 0 < course.decay.factor < 1
        assert sum(map(bool, moments)) <= 1
        assert list(course.decay.at_epochs) == sorted(set(course.decay.at_epochs))
        assert all(epoch < (course.epochs or 1000) for epoch in course.decay.at_epochs)
        assert all(0 < share < 1 for share in course.decay.at_shares)
        assert (course.schedule is not Schedule.EXPONENTIAL) or course.decay.every_epochs


@pytest.mark.parametrize(
    ("optimizer", "constants", "states"),
    [
        (Optimizer.SGD, {}, 0),
        (Optimizer.SGD, {"momentum": 0.9}, 1),
        (Optimizer.RMSPROP, {"decay": 0.9}, 1),
        (Optimizer.RMSPROP, {"decay": 0.9, "momentum": 0.9}, 2),
        (Optimizer.ADAM, {"beta1": 0.9}, 2),
        (Optimizer.ADAMW, {}, 2),
        (Optimizer.LAMB, {}, 2),
        (Optimizer.ADAMAX, {}, 2),
        (Optimizer.ADAGRAD, {}, 1),
        (Optimizer.ADADELTA, {}, 2),
    ],
)
def test_an_optimiser_keeps_so_many_numbers_for_each_weight(
    optimizer: Optimizer, constants: dict[str, float], states: int
) -> None:
    course = Course(optimizer, 0.1, False, Schedule.COSINE, "t", "u", "w", constants=constants)
    assert course.states == states


@pytest.mark.parametrize(
    ("optimizer", "scales", "batch", "linear"),
    [
        (Optimizer.SGD, False, 256, True),
        (Optimizer.RMSPROP, False, 256, True),
        (Optimizer.ADAMW, False, 256, False),
        (Optimizer.ADAMW, True, 256, True),
        (Optimizer.SGD, False, None, False),
    ],
)
def test_sgd_scales_with_the_batch_and_adam_where_its_source_does(
    optimizer: Optimizer, scales: bool, batch: int | None, linear: bool
) -> None:
    course = Course(optimizer, 0.1, scales, Schedule.COSINE, "t", "u", "w", batch)
    assert course.linear is linear


# Whose custom


def of(slug: str) -> Recipe:
    return next(recipe for recipe in recipes() if slug in recipe.families)


@pytest.mark.parametrize(
    ("architecture", "module", "nearness", "whose", "slug"),
    [
        ("resnet50", "resnet", Nearness.FAMILY, "ResNet", "resnet"),
        ("resnext50_32x4d", "resnet", Nearness.FAMILY, "ResNeXt", "resnext"),
        ("wide_resnet50_2", "resnet", Nearness.FAMILY, "ResNet", "resnet"),
        ("tf_efficientnetv2_s", "efficientnet", Nearness.FAMILY, "EfficientNetV2", "efficientnet_v2"),
        ("focalnet_tiny_srf", "focalnet", Nearness.PREDECESSOR, "Swin Transformer", "swin_transformer"),
        ("xcit_nano_12_p16_224", "xcit", Nearness.PREDECESSOR, "DeiT", "deit"),
        ("rexnet_100", "rexnet", Nearness.PREDECESSOR, "MobileNetV2", "mobilenet_v2"),
        ("mobilenetv4_conv_small", "mobilenetv3", Nearness.FAMILY, "MobileNetV4", "mobilenet_v4"),
        ("hgnetv2_b0", "hgnet", Nearness.FAMILY, "PP-HGNet", "hgnet"),
        ("pvt_v2_b0", "pvt_v2", Nearness.KIND, "transformer", "deit"),
        ("nobody_knows", "no_module", Nearness.UNKNOWN, "transformer", "deit"),
        ("nobody_knows", None, Nearness.UNKNOWN, "transformer", "deit"),
    ],
)  # fmt: skip
def test_the_nearest_recipe_is_the_custom(
    architecture: str, module: str | None, nearness: Nearness, whose: str, slug: str
) -> None:
    assert custom_of(architecture, module) == Custom(of(slug), nearness, whose)


@pytest.mark.parametrize(
    ("architecture", "module", "methods", "nearness", "title"),
    [
        ("vit_base_patch16_224", "vision_transformer", "self-supervised mae", Nearness.PRETRAINING,
         "Masked Autoencoders, the authors' code"),
        ("vit_base_patch16_224", "vision_transformer", "self-supervised dino", Nearness.OTHER_PRETRAINING,
         "BEiT, the authors' code"),
        ("vit_base_patch16_224", "vision_transformer", "supervised fine-tuned", Nearness.FAMILY,
         "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale"),
        ("beit_base_patch16_224", "beit", "self-supervised beit", Nearness.FAMILY, "BEiT, the authors' code"),
        ("vitamin_base_224", "vitamin", "contrastive-image-text", Nearness.PRETRAINING,
         "timm's model card of a fine-tuned CLIP ViT-L/14"),
        ("convnext_base", "convnext", "contrastive-image-text", Nearness.FAMILY,
         "ConvNeXt, the authors' code"),
        ("fastvit_mci0", "fastvit", "contrastive-image-text distillation", Nearness.FAMILY,
         "FastViT: A Fast Hybrid Vision Transformer using Structural Reparameterization"),
    ],
)  # fmt: skip
def test_a_transformer_pretrained_without_labels_has_the_recipe_of_its_pretraining(
    architecture: str, module: str, methods: str, nearness: Nearness, title: str
) -> None:
    found = custom_of(architecture, module, methods.split())
    assert (found.nearness, found.recipe.course.title) == (nearness, title)


def test_no_shipped_transformer_that_learned_without_labels_is_fine_tuned_by_sgd() -> None:
    modules = {one.name: one.family for one in WHOLE.architectures()}
    looked_at = 0
    for checkpoint in WHOLE.checkpoints():
        name = architecture_of(checkpoint.name)
        methods = parse(checkpoint.name).methods
        described = families_of(name, modules[name])
        if described and described[0].kind == "transformer" and methods and "supervised" not in methods:
            looked_at += 1
            assert custom_of(name, modules[name], methods).recipe.course.optimizer is not Optimizer.SGD
    assert looked_at > 300


def test_convolutional_networks_without_a_recipe_share_one() -> None:
    found = custom_of("starnet_s1", "starnet")
    assert (found.nearness, found.of) == (Nearness.KIND, "convolutional")
    assert found.recipe.course.url == "https://arxiv.org/abs/1706.02677"


def test_every_architecture_has_a_custom_that_says_truly_whose_it_is() -> None:
    titles = {family.title: slug for slug, family in families().items()}
    for architecture in WHOLE.architectures():
        found = custom_of(architecture.name, architecture.family)
        if found.nearness is Nearness.KIND:
            assert found.of in found.recipe.kinds
        else:
            assert titles[found.of] in found.recipe.families


def test_the_recipes_that_practitioners_know_by_heart() -> None:
    resnet, vgg, deit = of("resnet").course, of("vgg").course, of("deit").course
    assert (resnet.learning_rate, resnet.batch, resnet.weight_decay) == (0.1, 256, 1e-4)
    assert (vgg.learning_rate, vgg.batch, vgg.schedule) == (0.01, 256, Schedule.PLATEAU)
    assert (deit.optimizer, deit.learning_rate, deit.batch) == (Optimizer.ADAMW, 5e-4, 512)
    tuned = of("convnext").fine_tuning
    assert tuned is not None
    assert (tuned.learning_rate, tuned.batch, tuned.epochs) == (5e-5, 512, 30)
