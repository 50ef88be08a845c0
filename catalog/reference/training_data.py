"""What the name of a timm checkpoint tells about its training: on which data, and by which methods.

A name is `architecture.tag`. The words of the tag, and some of the architecture's, are looked up in tables; a
tag with a word that is in none of them tells nothing, since that word might name further data.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

DATA: Mapping[str, str] = {
    "bamboo": "Bamboo: 69 million labelled images of 119 thousand classes, from several sources (2203.07845)",
    "cc-12m": "Conceptual 12M: 12 million image-text pairs from the web (2102.08981)",
    "cc-15m": "Conceptual Captions 3M and 12M together, as BEiT-3 used them",
    "coco": "Microsoft COCO: images with captions and objects (1405.0312)",
    "coyo-700m": "COYO-700M: image-text pairs from Common Crawl (github.com/kakaobrain/coyo-dataset)",
    "datacomp-1b": "DataComp-1B: the best filtering of DataComp's XL pool, hence timm's `datacompxl`"
    " (2304.14108)",
    "datacompdr-1b": "DataComp-1B with synthetic captions and stored embeddings of CLIP teachers"
    " (2311.17049)",
    "dfn-2b": "DFN-2B: DataComp's XL pool, filtered by Apple's data filtering network (2309.17425)",
    "dfn-5b": "DFN-5B: 43 billion image-text pairs, filtered to 5 billion by the same network (2309.17425)",
    "dfndr-2b": "DFN-2B with synthetic captions and stored embeddings of CLIP teachers (2508.20691)",
    "docci": "DOCCI: 15 thousand images with long descriptions (2404.19753)",
    "fld-5b": "FLD-5B: 126 million images with 5 billion machine-made annotations. The encoder started from"
    " UniCL, whose data is not listed (2311.06242)",
    "hqitp": "HQITP: Apple's own high-quality image-text pairs, undisclosed (2411.14402)",
    "humans-1b": "Meta's 1 billion images of people, undisclosed, of Sapiens2 (2604.21681)",
    "imagenet-1k": "ImageNet-1k: 1.28 million images of the 1,000 classes of ILSVRC 2012",
    "imagenet-1k-6m": "ByteDance's `ImageNet-1K-6M`: ImageNet-1k and images of undisclosed origin, 6 million"
    " in all (github.com/bytedance/Next-ViT)",
    "imagenet-12k": "ImageNet-12k: timm's subset of ImageNet-22k, 11,821 classes of 12 million images",
    "imagenet-21k": "The whole of ImageNet as released in 2011: 14.2 million images of 21,841 classes, also"
    " written ImageNet-22k; SSLD trains on 4 million of them, without their labels (2103.05959)",
    "imagenet-21k-p": "ImageNet-21K-P: ImageNet-21k cleaned to 11,221 classes of 12 million images"
    " (2104.10972)",
    "imagenet-21k-winter": "ImageNet-21k as released in winter 2021, without its classes of persons;"
    " MViTv2's heads have 19,168 classes",
    "instagram-1b": "940 million public Instagram images with hashtags (1805.00932), undisclosed",
    "instagram-3.6b": "3.6 billion public Instagram images with hashtags, of SWAG (2201.08371), undisclosed",
    "internvl-mix": "LAION-en, LAION-zh, COYO, GRIT, COCO, TextCaps, Objects365, OpenImages, All-Seeing,"
    " Wukong-OCR, LaionCOCO-OCR and further text images (model cards of InternViT)",
    "jft-300m": "JFT-300M: Google's 300 million noisily labelled images, undisclosed (1707.02968)",
    "laion-2b": "The English pairs of LAION-5B, 2.3 billion (2210.08402)",
    "laion-400m": "LAION-400M: image-text pairs that CLIP scores as fitting (2111.02114)",
    "laion-aesthetic": "LAION-A: 900 million pairs of LAION-2B that an aesthetic score selects",
    "lvd-142m": "LVD-142M: Meta's curated images of DINOv2, undisclosed, ImageNet-22k among their seeds"
    " (2304.07193)",
    "lvd-1689m": "LVD-1689M: Meta's curated public Instagram images of DINOv3, undisclosed (2508.10104)",
    "merged-2b": "Merged-2B: 1.6 billion pairs of LAION-2B and 0.4 billion of COYO-700M (2303.15389)",
    "merged-30m": "ImageNet-21k, Conceptual 12M and 3M, COCO, ADE20K, Object365, OpenImages (2211.07636)."
    " EVA's features to predict are CLIP's, and EVA-CLIP's image towers start from EVA; no tag names either",
    "merged-38m": "Merged-30M with more data sets, of EVA-02, whose features to predict are EVA-CLIP's"
    " (2303.11331)",
    "metaclip-2.5b": "MetaCLIP's 2.5 billion image-text pairs curated from Common Crawl (2309.16671)",
    "metaclip-400m": "MetaCLIP's 400 million image-text pairs curated from Common Crawl (2309.16671)",
    "metaclip-altogether": "MetaCLIP's images with alternative texts rewritten by a captioner (2410.17251)",
    "metaclip2-worldwide": "MetaCLIP 2's image-text pairs in all languages (2507.22062)",
    "nv-cc-img-text": "NVIDIA's NV-CC-Img-Text-Dataset: 700 million images, undisclosed (model cards of"
    " C-RADIO and C-RADIOv4-H); the teachers' data is not listed",
    "ocr-vqa": "OCR-VQA: questions about the texts on 207 thousand book covers (ICDAR 2019)",
    "paligemma": "PaliGemma's pretraining tasks: WebLI, CC3M-35L, VQ2A-CC3M-35L, OpenImages, WIT"
    " (2407.07726)",
    "paligemma-mix": "The mixture of transfer tasks that PaliGemma's mix checkpoints were tuned on"
    " (2407.07726)",
    "pe-5.4b": "Meta's 5.4 billion image-text pairs of Perception Encoder, undisclosed (2504.13181)",
    "pe-video-22m": "22 million videos with machine-made captions, undisclosed, of Perception Encoder"
    " (2504.13181)",
    "perception-lm": "PerceptionLM's question-answer data, which PE-Lang was aligned on (2504.13180)",
    "refcoco": "RefCOCO: expressions that refer to objects of COCO's images (1608.00272)",
    "sa-1b": "SA-1B: 11 million licensed images with 1.1 billion masks (2304.02643). SAM's encoders start"
    " from masked autoencoders, whose data is not listed",
    "sa-v": "SA-V: 51 thousand videos with masks (2408.00714)",
    "sam-2-internal": "Meta's internal videos with masks, undisclosed, of SAM 2 (2408.00714)",
    "sat-493m": "SAT-493M: 493 million satellite images of Maxar (2508.10104)",
    "seer-instagram-1b": "1 billion public Instagram images without hashtags, undisclosed, of SEER"
    " (2103.01988)",
    "visual-genome": "Visual Genome: 108 thousand images with described regions (1602.07332)",
    "webli": "WebLI: Google's image-text pairs from the web, 10 billion images in 109 languages, undisclosed"
    " (2209.06794); SigLIP, SigLIP 2 and TIPSv2 each use a part",
    "wit-400m": "OpenAI's WebImageText: 400 million image-text pairs, undisclosed (2103.00020)",
    "yfcc-15m": "The 15 million images of YFCC100M with an English title or description (2103.00020)",
    "yfcc-100m": "YFCC100M: Flickr's images under Creative Commons licences (1503.01817)",
}
"""Every data set that `parse` can name, with its source; a bare number is an arXiv id."""

METHODS: Mapping[str, str] = {
    "supervised": "Learned the classes of a labelled image set",
    "semi-supervised": "Learned from labels that a teacher gave to unlabelled images",
    "weakly-supervised": "Learned to predict hashtags",
    "self-supervised": "Learned from images without labels or texts; a further slug names the method",
    "contrastive-image-text": "Learned to match images with texts, as CLIP and SigLIP do",
    "autoregressive-image-text": "Learned to predict patches and text in sequence: AIMv2 (2411.14402)",
    "captioning": "Learned to caption images and regions, beside matching them: SigLIP 2 (2502.14786)",
    "vision-language": "Trained as the eye of a generative vision-language model",
    "segmentation": "Trained as the encoder of a model that segments what a prompt points at",
    "beit": "Predicted the visual tokens of masked patches: BEiT, BEiTv2, BEiT-3. The tokenizer's data"
    " (DALL-E's, CLIP's) is not listed",
    "dino": "Self-distillation over crops: DINO (2104.14294)",
    "dinov2": "DINO with masked patches, at scale: DINOv2 (2304.07193)",
    "dinov3": "DINOv2 with Gram anchoring: DINOv3 (2508.10104)",
    "fcmae": "Reconstructed masked patches by a sparse convolutional net: ConvNeXt V2 (2301.00808)",
    "ijepa": "Predicted the embeddings of masked blocks: I-JEPA (2301.08243)",
    "mae": "Reconstructed the pixels of masked patches: masked autoencoders (2111.06377)",
    "mim": "Predicted a CLIP model's features of masked patches: EVA, EVA-02 (2211.07636, 2303.11331). The"
    " data of that model is not listed",
    "swav": "Assigned views of an image to the same cluster: SwAV (2006.09882), for SEER",
    "noisy-student": "Semi-supervised rounds with a noised student (1911.04252)",
    "distillation": "Learned a larger model's outputs, beside labels or instead of them; its data is not"
    " listed",
    "adversarial": "Trained with adversarial examples (AdvProp, adversarial and ensemble adversarial"
    " training)",
    "linear-probe": "Only a classifier was trained on the data named last",
    "fine-tuned": "Trained further, on the data named last",
}
"""Every kind of training that `parse` can name."""


@dataclass(frozen=True)
class Training:
    """Slugs of DATA and of METHODS, pretraining first, fine-tuning last; empty: unknown."""

    data: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


_UNKNOWN = Training()

_CONTRASTIVE = ("contrastive-image-text",)
_SSLD = ("semi-supervised", "distillation")
_PE = ("pe-5.4b", "pe-video-22m")
_BEIT3 = ("imagenet-21k", "laion-400m", "laion-2b", "coyo-700m", "cc-15m")
_AIMV2 = ("dfn-2b", "coyo-700m", "hqitp")

_FAMILIES: tuple[tuple[re.Pattern[str], Training], ...] = tuple(
    (re.compile(pattern), training)
    for pattern, training in (
        # The data of these is not disclosed, or not found.
        (r"qwen3_vit_\w+\.qwen\w+", Training(methods=("vision-language",))),
        (r"deepseek_vit_\w+\.deepseek\w+", Training(methods=("vision-language",))),
        (r"(gemma4_vit|mobilenetv5)_\w+\.gemma\w+", Training(methods=("vision-language",))),
        (r"vit_\w+_lingbot\.robbyant", Training(methods=("self-supervised",))),
        (r"davit_\w+_fl\.msft_florence2", Training(("fld-5b",), ("vision-language",))),
        (r"\w+_radio_v\d\.c_radio", Training(("nv-cc-img-text",), ("distillation",))),
        (r"\w+\.eupe_lvd1689m", Training(("lvd-1689m",), ("distillation",))),
        (r"vit_\w+_sapiens2\.fb", Training(("humans-1b",), ("self-supervised", "mae"))),
        (r"vit_pe_core_gigantic_\w+\.fb", Training(_PE, _CONTRASTIVE)),
        (r"vit_pe_core_\w+\.fb", Training(_PE, (*_CONTRASTIVE, "distillation"))),
        (
            r"vit_pe_lang_gigantic_\w+\.fb(_tiling)?",
            Training((*_PE, "perception-lm"), (*_CONTRASTIVE, "vision-language")),
        ),
        (
            r"vit_pe_lang_\w+\.fb(_tiling)?",
            Training((*_PE, "perception-lm"), (*_CONTRASTIVE, "distillation", "vision-language")),
        ),
        (r"vit_pe_spatial_\w+\.fb", Training(_PE, (*_CONTRASTIVE, "distillation"))),
        (
            r"sam2_hiera_\w+\.fb_r\d+(_2pt1)?",
            Training(("sa-1b", "sa-v", "sam-2-internal"), ("segmentation",)),
        ),
        (
            r"(fastvit_mci\d|vit_base_mci_224)\.apple_mclip(_lt)?",
            Training(("datacompdr-1b",), (*_CONTRASTIVE, "distillation")),
        ),
        (r"aimv2_\w+\.apple_pt", Training(_AIMV2, ("autoregressive-image-text",))),
        (r"aimv2_\w+\.apple_pt_dist", Training(_AIMV2, ("autoregressive-image-text", "distillation"))),
        (r"vit_intern300m_\w+\.ogvl_dist", Training(("internvl-mix",), ("distillation",))),
        (r"vit_intern300m_\w+\.ogvl_2pt5", Training(("internvl-mix",), ("distillation", "vision-language"))),
        (r"beit3_\w+\.pt", Training(_BEIT3, ("self-supervised", "beit"))),
        (
            r"beit3_\w+\.indomain_pt",
            Training((*_BEIT3, "coco", "visual-genome"), ("self-supervised", "beit")),
        ),
        # The tag's in22k is the pretraining's: the README of BEiT-3 fine-tunes on ImageNet-1k straight away.
        (
            r"beit3_\w+\.in22k_ft_in1k",
            Training((*_BEIT3, "imagenet-1k"), ("self-supervised", "beit", "fine-tuned")),
        ),
        (
            r"beit3_\w+\.indomain_in22k_ft_in1k",
            Training(
                (*_BEIT3, "coco", "visual-genome", "imagenet-1k"), ("self-supervised", "beit", "fine-tuned")
            ),
        ),
        # timm's model card names the data of this CLIP model, which the tag does not.
        (
            r"eva_giant_patch14_\d+\.clip_ft_in1k",
            Training(("laion-400m", "imagenet-1k"), (*_CONTRASTIVE, "fine-tuned")),
        ),
        (r"vit_base_patch16_224_miil\.in21k", Training(("imagenet-21k-p",), ("supervised",))),
        (
            r"vit_base_patch16_224_miil\.in21k_ft_in1k",
            Training(("imagenet-21k-p", "imagenet-1k"), ("supervised", "fine-tuned")),
        ),
    )
)
"""Checkpoints whose tag does not tell it, as whole names; the first that fits holds."""

_ARCHITECTURES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), methods)
    for pattern, methods in (
        (r"(^|_)(sig|)lip(_|$)|(^|_)clip(_|$)", _CONTRASTIVE),
        (r"(^|_)tipsv2(_|$)", (*_CONTRASTIVE, "self-supervised")),
        (r"^beit(v2)?_", ("self-supervised", "beit")),
        (r"^eva_large_", ("self-supervised", "mim")),
        (r"(^|_)dinov2(_|$)", ("self-supervised", "dinov2")),
        (r"(^|_)dinov3(_|$)", ("self-supervised", "dinov3")),
        (r"^vit_(small|base|large)_\w+_dinov2$", ("distillation",)),
        (r"^vit_(small|base|large|huge)_\w+_dinov3(_|$)", ("distillation",)),
        (r"_ssld$", _SSLD),
        (r"_dist(illed)?(_|$)", ("distillation",)),
    )
)
"""Methods that the architecture's name tells; the data is the tag's."""

_WORDS: Mapping[str, Training] = {
    "in1k": Training(("imagenet-1k",)),
    "in12k": Training(("imagenet-12k",)),
    "in21k": Training(("imagenet-21k",)),
    "in22k": Training(("imagenet-21k",)),
    "inw21k": Training(("imagenet-21k-winter",)),
    "miil_in21k": Training(("imagenet-21k-p",)),
    "bamboo": Training(("bamboo",)),
    "cc12m": Training(("cc-12m",)),
    "yfcc15m": Training(("yfcc-15m",)),
    "yfcc100m": Training(("yfcc-100m",)),
    "openai": Training(("wit-400m",)),
    "laion400m": Training(("laion-400m",)),
    "laion2b": Training(("laion-2b",)),
    "laiona": Training(("laion-aesthetic",)),
    "merged2b": Training(("merged-2b",)),
    "datacomp1b": Training(("datacomp-1b",)),
    "datacompxl": Training(("datacomp-1b",)),
    "dfn2b": Training(("dfn-2b",)),
    "dfn5b": Training(("dfn-5b",)),
    "metaclip_400m": Training(("metaclip-400m",), _CONTRASTIVE),
    "metaclip_2pt5b": Training(("metaclip-2.5b",), _CONTRASTIVE),
    "metaclip_altogether": Training(("metaclip-altogether",), _CONTRASTIVE),
    "metaclip2_worldwide": Training(("metaclip2-worldwide",), _CONTRASTIVE),
    "mclip2_dfndr2b": Training(("dfndr-2b",), (*_CONTRASTIVE, "distillation")),
    "webli": Training(("webli",)),
    "v2_webli": Training(("webli",), ("captioning", "self-supervised")),
    "pali_pt": Training(("webli", "paligemma"), ("vision-language",)),
    "pali2_3b_pt": Training(("webli", "paligemma"), ("vision-language",)),
    "pali2_10b_pt": Training(("webli", "paligemma"), ("vision-language",)),
    "pali_mix": Training(("webli", "paligemma", "paligemma-mix"), ("vision-language", "fine-tuned")),
    "pali_ocrvqa": Training(("webli", "paligemma", "ocr-vqa"), ("vision-language", "fine-tuned")),
    "pali_refcoco_seg": Training(("webli", "paligemma", "refcoco"), ("vision-language", "fine-tuned")),
    "pali2_3b_docci": Training(("webli", "paligemma", "docci"), ("vision-language", "fine-tuned")),
    "pali2_10b_docci": Training(("webli", "paligemma", "docci"), ("vision-language", "fine-tuned")),
    "lvd142m": Training(("lvd-142m",)),
    "lvd1689m": Training(("lvd-1689m",)),
    "dinov3_lvd1689m": Training(("lvd-1689m",), ("self-supervised", "dinov3", "distillation")),
    "sat493m": Training(("sat-493m",)),
    "sa1b": Training(("sa-1b",), ("segmentation",)),
    "m30m": Training(("merged-30m",), ("self-supervised", "mim")),
    "m38m": Training(("merged-38m",)),
    "wsl_ig1b": Training(("instagram-1b",), ("weakly-supervised",)),
    "swsl_ig1b": Training(("instagram-1b",), ("weakly-supervised", "semi-supervised")),
    "ssl": Training(methods=("semi-supervised",)),
    "swag": Training(("instagram-3.6b",), ("weakly-supervised",)),
    "seer": Training(("seer-instagram-1b",), ("self-supervised", "swav")),
    "ns_jft": Training(("jft-300m",), ("semi-supervised", "noisy-student")),
    "ssld": Training(("imagenet-21k",), _SSLD),
    "bd_ssld_6m": Training(("imagenet-1k-6m",), _SSLD),
    "mae": Training(("imagenet-1k",), ("self-supervised", "mae")),
    "fcmae": Training(("imagenet-1k",), ("self-supervised", "fcmae")),
    "dino": Training(("imagenet-1k",), ("self-supervised", "dino")),
    "ijepa": Training(methods=("self-supervised", "ijepa")),
    "mim": Training(methods=("self-supervised", "mim")),
    "clip": Training(methods=_CONTRASTIVE),
    "tinyclip": Training(methods=(*_CONTRASTIVE, "distillation")),
    "dist": Training(methods=("distillation",)),
    "distilled": Training(methods=("distillation",)),
    "usi": Training(methods=("distillation",)),
    "adv": Training(methods=("adversarial",)),
    "ap": Training(methods=("adversarial",)),
    "lc": Training(methods=("linear-probe",)),
    "ft": Training(methods=("fine-tuned",)),
}
"""What the words of a tag tell; of those that begin alike, the longest holds."""

_LONGEST = max(word.count("_") for word in _WORDS) + 1

_RECIPE = re.compile(
    r"""
    # who trained it
    apple|bd|cvnets|dm|fb|gluon|goog|idstcv|miil|ms|msft|mx|nav|naver|nv|orig|paddle|pycls|rvgg|sail|snap|tf|timm
    |tv2?
    # what it is for, or chosen from
    |deit|green|i18n|ix|plus|rewind|soup|stage[12]|teacher
    # augmentation and optimizer; sam is sharpness-aware minimization
    |a[123]h?|aa|ad|agc|ah|am|aug|augreg2?|b[12]k|bt|c[123]|c2ns|ch|d|d[12]h?|ens|lamb|lion|ltt|nadamuon|pd
    |ra[234]?|racm|ram|rmsp|rsb|sam|sbb2?|sw
    # epochs (e300, 300e, 300ep), input and patch sizes (r224, s576, 384, patch16), samples seen (s39b)
    |[ers]?\d+|\d+ep?|patch\d+|s\d+b
    """,
    re.VERBOSE,
)
"""Words that tell neither data nor kind of training."""

_LABELLED = frozenset(slug for slug in DATA if slug.startswith("imagenet-")) | {"bamboo"}
_MODIFIERS = frozenset({"distillation", "adversarial", "linear-probe", "fine-tuned"})


def parse(checkpoint: str) -> Training:
    """The data and methods that a checkpoint's name tells; both empty where it is not understood.

    A data set used twice stands where it was used last.
    """
    for pattern, training in _FAMILIES:
        if pattern.fullmatch(checkpoint):
            return training
    architecture, _, tag = checkpoint.partition(".")
    stages = _stages(tag)
    if stages is None:
        return _UNKNOWN
    data = _last([slug for stage in stages for slug in stage.data])
    told = [slug for pattern, slugs in _ARCHITECTURES if pattern.search(architecture) for slug in slugs]
    told += [slug for stage in stages for slug in stage.methods]
    return Training(data, tuple(_methods(data, told)))


def _stages(tag: str) -> list[Training] | None:
    """What the tag's words tell, in their order; None if one of them is in no table."""
    words = tag.split("_")
    stages: list[Training] = []
    while words:
        for length in range(min(_LONGEST, len(words)), 0, -1):
            stage = _WORDS.get("_".join(words[:length]))
            if stage is not None:
                stages.append(stage)
                del words[:length]
                break
        else:
            word = words.pop(0)
            if not _RECIPE.fullmatch(word):
                return None
    return stages


def _methods(data: tuple[str, ...], told: list[str]) -> Iterator[str]:
    """The methods told, each once; without a way of pretraining, labelled data was learned by its labels."""
    if data and data[0] in _LABELLED and _MODIFIERS.issuperset(told):
        yield "supervised"
    last = ("linear-probe", "fine-tuned")
    yield from (slug for slug in dict.fromkeys(told) if slug not in last)
    yield from (slug for slug in last if slug in told)


def _last(slugs: list[str]) -> tuple[str, ...]:
    return tuple(reversed(dict.fromkeys(reversed(slugs))))
