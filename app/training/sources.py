"""The publications that the training plan rests on."""

from catalog.reference.recipes import Source

BENGIO = Source(
    "Practical Recommendations for Gradient-Based Training of Deep Architectures (section 3.1.1)",
    "https://arxiv.org/abs/1206.5533",
)
GOYAL = Source(
    "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour (sections 2.1 and 2.2)",
    "https://arxiv.org/abs/1706.02677",
)
GIRSHICK = Source(
    "Rich Feature Hierarchies for Accurate Object Detection and Semantic Segmentation (section 2.3)",
    "https://arxiv.org/abs/1311.2524",
)
CHEN = Source(
    "Training Deep Nets with Sublinear Memory Cost",
    "https://arxiv.org/abs/1604.06174",
)
MICIKEVICIUS = Source("Mixed Precision Training", "https://arxiv.org/abs/1710.03740")
YOSINSKI = Source("How transferable are features in deep neural networks?", "https://arxiv.org/abs/1411.1792")
KORNBLITH = Source("Do Better ImageNet Models Transfer Better?", "https://arxiv.org/abs/1805.08974")
BIT = Source(
    "Big Transfer (BiT): General Visual Representation Learning (section 3.3)",
    "https://arxiv.org/abs/1912.11370",
)
PRECHELT = Source("Early Stopping - But When?", "https://doi.org/10.1007/3-540-49430-8_3")
NIST = Source(
    "NIST/SEMATECH e-Handbook of Statistical Methods (7.2.4.1)",
    "https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm",
)
GOODFELLOW = Source("Deep Learning (section 5.3)", "https://www.deeplearningbook.org/contents/ml.html")
ADAM = Source("Adam: A Method for Stochastic Optimization", "https://arxiv.org/abs/1412.6980")
KESKAR = Source(
    "Improving Generalization Performance by Switching from Adam to SGD", "https://arxiv.org/abs/1712.07628"
)
TIMM_RESULTS = "https://github.com/huggingface/pytorch-image-models/tree/main/results"
TIMM_BENCHMARK = Source(
    "timm's benchmark.py", "https://github.com/huggingface/pytorch-image-models/blob/main/benchmark.py"
)
