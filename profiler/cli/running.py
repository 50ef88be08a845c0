"""A campaign on this host, with all that it works with."""

from functools import partial

import typer

from catalog.host import allowed_cpus, local_target
from catalog.opening import open_catalog
from catalog.settings import CatalogSettings
from catalog.terminal import console
from catalog.words.vocabulary import Device
from profiler.artefacts.cache import ArtefactCache
from profiler.campaign.campaign import Campaign, Tally
from profiler.campaign.lock import host_lock
from profiler.campaign.measuring import open_canary, open_process
from profiler.campaign.progress import ProgressBar
from profiler.campaign.request import ProfileRequest
from profiler.preparation import Preparation
from profiler.sensors import environment, gpu_device, gpu_selection
from profiler.settings import ProfilerSettings


def run_campaign(request: ProfileRequest) -> Tally | None:
    """Run the campaign that is asked for, on the first visible GPU where the request names one. Returns None
    where it was interrupted.

    Raises:
        NoGpu: the request needs a GPU, and there is none.
        UnknownArchitecture: timm has none of a name.
        TimmUnavailable: timm is needed and does not answer.
        CatalogError: the catalog cannot be opened.
    """
    gpu = None if request.device is Device.CPU else gpu_selection.local_gpu()
    # Every process sees that GPU alone, by its UUID: indices of CUDA and of the driver may differ.
    visible = {gpu_selection.VISIBLE_DEVICES: gpu.uuid} if gpu else {}
    target = gpu_device.gpu_target(gpu) if gpu else local_target()
    if gpu:
        typer.echo(f"Measuring {target.label}, the target {target.id}.")
    settings = ProfilerSettings()
    preparation = Preparation(settings.cache_dir, allowed_cpus())
    with open_catalog(CatalogSettings().catalog_url) as catalog, ProgressBar(console()) as progress:
        campaign = Campaign(
            catalog=catalog,
            target=target,
            cache=ArtefactCache(settings.cache_dir, settings.cache_gb * 1e9),
            preparation=preparation,
            listener=progress,
            lock=lambda: host_lock(progress.waiting),
            open_process=partial(open_process, variables=visible),
            open_canary=partial(open_canary, variables=visible),
            environment_of=partial(environment.current, driver=gpu.driver if gpu else None),
        )
        try:
            return campaign.run(request)
        except KeyboardInterrupt:
            return None
        finally:
            preparation.close()
