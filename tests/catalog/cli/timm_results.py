"""Two result tables as timm publishes them."""

RESULTS = """\
model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation
toynet.v1,224,75.000,25.000,92.000,8.000,"1,014.45",0.900,bicubic
toynet.v1,288,77.000,23.000,93.000,7.000,"1,014.45",1.000,bicubic
toynet.v2,224,76.000,24.000,92.500,7.500,12.5,0.900,bicubic
"""
SPEEDS = """\
model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,param_count
resnet18,"4,000.50",255.96,1024,224,11.69
toynet,3000.0,341.3,1024,224,12.5
resnet50,,,,,
"""
SPEED_TABLE = "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv"
