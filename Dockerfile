# Two images: the API and the page without any ML runtime, and the profiler without torch.
#
#   docker build -t archrank .
#   docker run --read-only --tmpfs /tmp -p 8000:8000 -v archrank:/data archrank
#
#   docker build --target profiler -t archrank-profiler .
#   docker run --ulimit rtprio=1 -v archrank:/data archrank-profiler archrank profile --preset starter
#
# A profile that was made elsewhere is imported:
#
#   docker run -i -v archrank:/data archrank archrank catalog import - < profile.jsonl
#
# The base is pinned by tag and digest. .github/dependabot.yml asks each week for a newer one. By hand:
#
#   docker buildx imagetools inspect python:3.11-slim-bookworm

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS python

FROM python AS source
WORKDIR /src
# What is installed needs no pip of its own.
RUN python -m venv --without-pip /opt/archrank
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY app app
COPY catalog catalog
COPY profiler profiler

# Left out of both images: the tests that packages ship (80 MB), and plotly's Python, of which the page needs the
# script alone (40 MB).
FROM source AS build
RUN pip --python /opt/archrank/bin/python install --no-cache-dir --constraint constraints.txt '.[postgres]' \
    && find /opt/archrank/lib -type d \( -name tests -o -path '*/plotly/graph_objs' \) -prune -exec rm -r {} +

# Left out as well: what OpenVINO needs for GPUs, NPUs and formats that archrank does not read (80 MB).
FROM source AS build-profiler
RUN pip --python /opt/archrank/bin/python install --no-cache-dir --constraint constraints.txt '.[measure,postgres]' \
    && find /opt/archrank/lib -type d \( -name tests -o -path '*/plotly/graph_objs' -o -path '*/onnx/backend/test' \
        -o -path '*/openvino/include' \) -prune -exec rm -r {} + \
    && find /opt/archrank/lib/python3.11/site-packages/openvino/libs -type f \( -name 'libopenvino_intel_[gn]pu_*' \
        -o -name 'libopenvino_tensorflow*_frontend.*' -o -name 'libopenvino_p*_frontend.*' -o -name cache.json \) -delete

FROM python AS base
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin archrank \
    && install --directory --owner archrank /data
ENV PATH=/opt/archrank/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ARCHRANK_CATALOG_URL=sqlite:////data/catalog.sqlite
USER 10001
WORKDIR /data
VOLUME /data

FROM base AS profiler
COPY --from=build-profiler /opt/archrank /opt/archrank
ENV ARCHRANK_CACHE_DIR=/data/cache
CMD ["archrank", "doctor"]

# Nothing is written but to /data and /tmp.
FROM base AS api
COPY --from=build /opt/archrank /opt/archrank
ENV ARCHRANK_HOST=0.0.0.0 \
    ARCHRANK_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"ARCHRANK_PORT\"]}/readyz')"]
CMD ["archrank", "serve"]
