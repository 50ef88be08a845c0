import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reference.facts.training_data import DATA, METHODS, Training, parse

IN1K = "imagenet-1k"
IN12K = "imagenet-12k"
IN21K = "imagenet-21k"
SUPERVISED = ("supervised",)
TUNED = ("supervised", "fine-tuned")
CLIP = "contrastive-image-text"
BEIT3 = (IN21K, "laion-400m", "laion-2b", "coyo-700m", "cc-15m")
PE = ("pe-5.4b", "pe-video-22m")

KNOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "resnet50.a1_in1k": ((IN1K,), SUPERVISED),
    "resnet50.tv2_in1k": ((IN1K,), SUPERVISED),
    "convnext_base.fb_in22k_ft_in1k": ((IN21K, IN1K), TUNED),
    "vit_base_patch16_224.augreg_in21k": ((IN21K,), SUPERVISED),
    "vit_base_patch16_224.augreg2_in21k_ft_in1k": ((IN21K, IN1K), TUNED),
    "mobilenetv4_conv_medium.e250_r384_in12k_ft_in1k": ((IN12K, IN1K), TUNED),
    "flexivit_base.1000ep_in21k": ((IN21K,), SUPERVISED),
    "flexivit_small.300ep_in1k": ((IN1K,), ("supervised", "distillation")),
    "flexivit_large.1200ep_in1k": ((IN1K,), ("supervised", "distillation")),
    "ghostnetv3_100.in1k": ((IN1K,), ("supervised", "distillation")),
    "repvit_m1_0.dist_450e_in1k": ((IN1K,), ("supervised", "distillation")),
    "deit_base_distilled_patch16_224.fb_in1k": ((IN1K,), ("supervised", "distillation")),
    "efficientvim_m1_dist.in1k": ((IN1K,), ("supervised", "distillation")),
    "edgenext_base.usi_in1k": ((IN1K,), ("supervised", "distillation")),
    "regnety_160.deit_in1k": ((IN1K,), SUPERVISED),
    "efficientnet_b1.ft_in1k": ((IN1K,), TUNED),
    "tiny_vit_21m_384.dist_in22k_ft_in1k": ((IN21K, IN1K), ("supervised", "distillation", "fine-tuned")),
    "tresnet_m.miil_in21k_ft_in1k": (("imagenet-21k-p", IN1K), TUNED),
    "tresnet_m.miil_in1k": ((IN1K,), SUPERVISED),
    "vit_base_patch16_224_miil.in21k": (("imagenet-21k-p",), SUPERVISED),
    "vit_base_patch16_224_miil.in21k_ft_in1k": (("imagenet-21k-p", IN1K), TUNED),
    "mvitv2_huge_cls.fb_inw21k": (("imagenet-21k-winter",), SUPERVISED),
    "resnet50.bamboo": (("bamboo",), SUPERVISED),
    "tf_efficientnet_b5.ap_in1k": ((IN1K,), ("supervised", "adversarial")),
    "inception_resnet_v2.tf_ens_adv_in1k": ((IN1K,), ("supervised", "adversarial")),
    "tf_efficientnet_b5.ns_jft_in1k": (("jft-300m", IN1K), ("semi-supervised", "noisy-student")),
    "tf_efficientnet_l2.ns_jft_in1k_475": (("jft-300m", IN1K), ("semi-supervised", "noisy-student")),
    "resnet50.fb_ssl_yfcc100m_ft_in1k": (("yfcc-100m", IN1K), ("semi-supervised", "fine-tuned")),
    "resnet50.fb_swsl_ig1b_ft_in1k": (
        ("instagram-1b", IN1K),
        ("weakly-supervised", "semi-supervised", "fine-tuned"),
    ),
    "resnext101_32x8d.fb_wsl_ig1b_ft_in1k": (("instagram-1b", IN1K), ("weakly-supervised", "fine-tuned")),
    "regnety_160.swag_ft_in1k": (("instagram-3.6b", IN1K), ("weakly-supervised", "fine-tuned")),
    "regnety_160.swag_lc_in1k": (("instagram-3.6b", IN1K), ("weakly-supervised", "linear-probe")),
    "regnety_320.seer": (("seer-instagram-1b",), ("self-supervised", "swav")),
    "regnety_320.seer_ft_in1k": (("seer-instagram-1b", IN1K), ("self-supervised", "swav", "fine-tuned")),
    "hgnet_tiny.ssld_in1k": ((IN21K, IN1K), ("semi-supervised", "distillation")),
    "hgnet_tiny.paddle_in1k": ((IN1K,), SUPERVISED),
    "hgnetv2_b0.ssld_stage1_in22k_in1k": ((IN21K, IN1K), ("semi-supervised", "distillation")),
    "hgnetv2_b0.ssld_stage2_ft_in1k": ((IN21K, IN1K), ("semi-supervised", "distillation", "fine-tuned")),
    "hrnet_w18_ssld.paddle_in1k": ((IN1K,), ("semi-supervised", "distillation")),
    "nextvit_base.bd_ssld_6m_in1k_384": (("imagenet-1k-6m", IN1K), ("semi-supervised", "distillation")),
    "vit_base_patch16_224.mae": ((IN1K,), ("self-supervised", "mae")),
    "hiera_tiny_224.mae_in1k_ft_in1k": ((IN1K,), ("self-supervised", "mae", "fine-tuned")),
    "convnextv2_base.fcmae": ((IN1K,), ("self-supervised", "fcmae")),
    "convnextv2_base.fcmae_ft_in22k_in1k_384": ((IN21K, IN1K), ("self-supervised", "fcmae", "fine-tuned")),
    "vit_huge_patch14_gap_224.in1k_ijepa": ((IN1K,), ("self-supervised", "ijepa")),
    "vit_base_patch16_224.dino": ((IN1K,), ("self-supervised", "dino")),
    "vit_giant_patch14_dinov2.lvd142m": (("lvd-142m",), ("self-supervised", "dinov2")),
    "vit_base_patch14_reg4_dinov2.lvd142m": (("lvd-142m",), ("self-supervised", "dinov2", "distillation")),
    "vit_7b_patch16_dinov3.sat493m": (("sat-493m",), ("self-supervised", "dinov3")),
    "vit_small_plus_patch16_dinov3_qkvb.lvd1689m": (
        ("lvd-1689m",),
        ("self-supervised", "dinov3", "distillation"),
    ),
    "convnext_tiny.dinov3_lvd1689m": (("lvd-1689m",), ("self-supervised", "dinov3", "distillation")),
    "vit_tiny_patch16_dinov3_qkvb.eupe_lvd1689m": (("lvd-1689m",), ("distillation",)),
    "beit_base_patch16_224.in22k_ft_in22k": ((IN21K,), ("self-supervised", "beit", "fine-tuned")),
    "beitv2_base_patch16_224.in1k_ft_in22k_in1k": ((IN21K, IN1K), ("self-supervised", "beit", "fine-tuned")),
    "beitv2_base_patch16_224.in1k_ft_in22k": ((IN1K, IN21K), ("self-supervised", "beit", "fine-tuned")),
    "beit3_base_patch16_224.pt": (BEIT3, ("self-supervised", "beit")),
    "beit3_base_patch16_224.in22k_ft_in1k": ((*BEIT3, IN1K), ("self-supervised", "beit", "fine-tuned")),
    "beit3_base_patch16_224.indomain_pt": ((*BEIT3, "coco", "visual-genome"), ("self-supervised", "beit")),
    "beit3_base_patch16_224.indomain_in22k_ft_in1k": (
        (*BEIT3, "coco", "visual-genome", IN1K),
        ("self-supervised", "beit", "fine-tuned"),
    ),
    "eva_large_patch14_196.in22k_ft_in1k": ((IN21K, IN1K), ("self-supervised", "mim", "fine-tuned")),
    "eva_giant_patch14_560.m30m_ft_in22k_in1k": (
        ("merged-30m", IN21K, IN1K),
        ("self-supervised", "mim", "fine-tuned"),
    ),
    "eva_giant_patch14_336.clip_ft_in1k": (("laion-400m", IN1K), (CLIP, "fine-tuned")),
    "eva_giant_patch14_clip_224.laion400m": (("laion-400m",), (CLIP,)),
    "eva02_base_patch14_448.mim_in22k_ft_in22k_in1k": (
        (IN21K, IN1K),
        ("self-supervised", "mim", "fine-tuned"),
    ),
    "eva02_large_patch14_224.mim_m38m": (("merged-38m",), ("self-supervised", "mim")),
    "eva02_large_patch14_clip_336.merged2b": (("merged-2b",), (CLIP,)),
    "eva02_enormous_patch14_clip_224.laion2b_plus": (("laion-2b",), (CLIP,)),
    "vit_base_patch16_clip_224.laion2b_ft_in12k_in1k": (("laion-2b", IN12K, IN1K), (CLIP, "fine-tuned")),
    "vit_base_patch16_clip_224.openai_ft_in1k": (("wit-400m", IN1K), (CLIP, "fine-tuned")),
    "resnet50_clip_gap.openai": (("wit-400m",), (CLIP,)),
    "resnet50_clip.cc12m": (("cc-12m",), (CLIP,)),
    "resnet50_clip.yfcc15m": (("yfcc-15m",), (CLIP,)),
    "convnext_base.clip_laiona_augreg_ft_in1k_384": (("laion-aesthetic", IN1K), (CLIP, "fine-tuned")),
    "convnext_xxlarge.clip_laion2b_soup": (("laion-2b",), (CLIP,)),
    "vit_base_patch32_clip_224.laion400m_e32": (("laion-400m",), (CLIP,)),
    "vit_base_patch16_clip_224.datacompxl": (("datacomp-1b",), (CLIP,)),
    "vitamin_small_224.datacomp1b_clip_ltt": (("datacomp-1b",), (CLIP,)),
    "vit_large_patch14_clip_224.dfn2b_s39b": (("dfn-2b",), (CLIP,)),
    "vit_huge_patch14_clip_378.dfn5b": (("dfn-5b",), (CLIP,)),
    "vit_base_patch16_clip_224.metaclip_2pt5b": (("metaclip-2.5b",), (CLIP,)),
    "vit_base_patch16_clip_224.metaclip_400m": (("metaclip-400m",), (CLIP,)),
    "vit_huge_patch14_clip_224.metaclip_altogether": (("metaclip-altogether",), (CLIP,)),
    "vit_huge_patch14_clip_224.metaclip2_worldwide": (("metaclip2-worldwide",), (CLIP,)),
    "vit_medium_patch16_clip_224.tinyclip_yfcc15m": (("yfcc-15m",), (CLIP, "distillation")),
    "fastvit_mci0.apple_mclip": (("datacompdr-1b",), (CLIP, "distillation")),
    "vit_base_mci_224.apple_mclip_lt": (("datacompdr-1b",), (CLIP, "distillation")),
    "fastvit_mci3.apple_mclip2_dfndr2b": (("dfndr-2b",), (CLIP, "distillation")),
    "fastvit_t8.apple_dist_in1k": ((IN1K,), ("supervised", "distillation")),
    "aimv2_large_patch14_224.apple_pt_dist": (
        ("dfn-2b", "coyo-700m", "hqitp"),
        ("autoregressive-image-text", "distillation"),
    ),
    "aimv2_3b_patch14_224.apple_pt": (("dfn-2b", "coyo-700m", "hqitp"), ("autoregressive-image-text",)),
    "vit_base_patch16_siglip_256.webli_i18n": (("webli",), (CLIP,)),
    "vit_so400m_patch14_siglip_378.webli_ft_in1k": (("webli", IN1K), (CLIP, "fine-tuned")),
    "vit_base_patch16_siglip_224.v2_webli": (("webli",), (CLIP, "captioning", "self-supervised")),
    "vit_base_patch14_reg1_tipsv2.webli": (("webli",), (CLIP, "self-supervised")),
    "vit_so400m_patch14_siglip_gap_224.pali_pt": (("webli", "paligemma"), (CLIP, "vision-language")),
    "vit_so400m_patch14_siglip_gap_224.pali2_10b_pt": (("webli", "paligemma"), (CLIP, "vision-language")),
    "vit_so400m_patch14_siglip_gap_448.pali_refcoco_seg": (
        ("webli", "paligemma", "refcoco"),
        (CLIP, "vision-language", "fine-tuned"),
    ),
    "vit_so400m_patch14_siglip_gap_896.pali_ocrvqa": (
        ("webli", "paligemma", "ocr-vqa"),
        (CLIP, "vision-language", "fine-tuned"),
    ),
    "vit_so400m_patch14_siglip_gap_224.pali_mix": (
        ("webli", "paligemma", "paligemma-mix"),
        (CLIP, "vision-language", "fine-tuned"),
    ),
    "vit_so400m_patch14_siglip_gap_448.pali2_3b_docci": (
        ("webli", "paligemma", "docci"),
        (CLIP, "vision-language", "fine-tuned"),
    ),
    "vit_pe_core_gigantic_patch14_448.fb": (PE, (CLIP,)),
    "vit_pe_core_base_patch16_224.fb": (PE, (CLIP, "distillation")),
    "vit_pe_lang_large_patch14_448.fb_tiling": (
        (*PE, "perception-lm"),
        (CLIP, "distillation", "vision-language"),
    ),
    "vit_pe_spatial_gigantic_patch14_448.fb": (PE, (CLIP, "distillation")),
    "vit_base_patch16_sapiens2.fb": (("humans-1b",), ("self-supervised", "mae")),
    "samvit_base_patch16.sa1b": (("sa-1b",), ("segmentation",)),
    "sam2_hiera_tiny.fb_r896_2pt1": (("sa-1b", "sa-v", "sam-2-internal"), ("segmentation",)),
    "vit_base_patch16_224.sam_in1k": ((IN1K,), SUPERVISED),
    "davit_base_fl.msft_florence2": (("fld-5b",), ("vision-language",)),
    "davit_base.msft_in1k": ((IN1K,), SUPERVISED),
    "naflexvit_base_patch16_radio_v3.c_radio": (("nv-cc-img-text",), ("distillation",)),
    "vit_intern300m_patch14_448.ogvl_2pt5": (("internvl-mix",), ("distillation", "vision-language")),
    "qwen3_vit_88m_merge.qwen3_5_0_8b": ((), ("vision-language",)),
    "deepseek_vit_412m.deepseek_v4_1_flash": ((), ("vision-language",)),
    "gemma4_vit_570m_enc.gemma4_31b_it": ((), ("vision-language",)),
    "mobilenetv5_300m.gemma3n": ((), ("vision-language",)),
    "vit_base_patch16_lingbot.robbyant": ((), ("self-supervised",)),
}


@pytest.mark.parametrize("checkpoint", KNOWN)
def test_a_name_tells_data_and_methods(checkpoint: str) -> None:
    data, methods = KNOWN[checkpoint]
    assert parse(checkpoint) == Training(data, methods)


def test_the_table_above_covers_the_closed_sets() -> None:
    produced = [parse(checkpoint) for checkpoint in KNOWN]
    assert {slug for training in produced for slug in training.data} == DATA.keys()
    assert {slug for training in produced for slug in training.methods} == METHODS.keys()


@pytest.mark.parametrize(
    "checkpoint",
    [
        "",
        ".",
        "resnet50",
        "resnet50.",
        ".in1k.",
        "resnet50.untrained",
        "resnet50.novel_in1k",
        "resnet50.in1k_ft_novel",
        "resnet50.IN1K",
        "resnet50.in1k ",
        "resnet50.a1__in1k",
        "deit_base_distilled_patch16_224.novel",
        "vit_base_patch16_clip_224.novel600m_ft_in1k",
    ],
)
def test_a_tag_that_is_not_understood_tells_nothing(checkpoint: str) -> None:
    assert parse(checkpoint) == Training()


@pytest.mark.parametrize("checkpoint", ["resnet50.fb", "vit_base_patch16_224.fb_r1024", "resnet50.a1"])
def test_a_recipe_alone_tells_nothing(checkpoint: str) -> None:
    assert parse(checkpoint) == Training()


@pytest.mark.parametrize("recipe", ["a1", "ra4_e3600_r224", "sbb2_pd_e200", "timm_r256", "gluon", "sw"])
def test_a_recipe_says_nothing_beside_the_data(recipe: str) -> None:
    assert parse(f"resnet50.{recipe}_in1k") == parse("resnet50.in1k")


def test_words_within_words_are_not_read() -> None:
    assert parse("eclipse_sdistance_beitful.in1k") == Training(("imagenet-1k",), ("supervised",))


def test_every_slug_is_described() -> None:
    for described in (DATA, METHODS):
        assert all(slug and slug == slug.lower() and " " not in slug for slug in described)
        assert all(text.strip() == text and text for text in described.values())


def test_the_name_of_one_set_is_not_the_name_of_the_other() -> None:
    assert DATA.keys().isdisjoint(METHODS)


def check(checkpoint: str) -> None:
    training = parse(checkpoint)
    assert set(training.data) <= DATA.keys()
    assert set(training.methods) <= METHODS.keys()
    assert len(set(training.data)) == len(training.data)
    assert len(set(training.methods)) == len(training.methods)
    assert "fine-tuned" not in training.methods[:-1]


@given(st.text())
def test_any_text_is_parsed(text: str) -> None:
    check(text)


ARCHITECTURES = st.sampled_from(sorted({name.partition(".")[0] for name in KNOWN}))
WORDS = st.sampled_from(sorted({word for name in KNOWN for word in name.partition(".")[2].split("_")}))


@given(ARCHITECTURES, st.lists(WORDS, max_size=6))
def test_any_order_of_known_words_is_parsed(architecture: str, words: list[str]) -> None:
    check(f"{architecture}.{'_'.join(words)}")


@given(ARCHITECTURES, st.sampled_from(["in12k", "in22k", "laion2b", "webli", "openai", "mim_m38m"]))
def test_the_fine_tuning_comes_last(architecture: str, pretraining: str) -> None:
    training = parse(f"{architecture}.{pretraining}_ft_in1k")
    assert training.data[-1] == "imagenet-1k"
    assert len(training.data) > 1
    assert training.methods[-1] == "fine-tuned"
