# The adapter (the last stage, which a plain `docker build .` makes), and the demo's phones.

FROM python:3.12-slim AS built
# The AMI reader is built from C here; the final image has no compiler.
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,target=/src,rw \
    pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /src

FROM python:3.12-slim AS installed
# ADAPTER_TIMEZONE, even UTC, needs the system's time zones.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tzdata \
 && rm -rf /var/lib/apt/lists/*
# Mounts in place of COPY: the image keeps neither the wheel nor the sources.
RUN --mount=type=bind,source=constraints.txt,target=/constraints.txt \
    --mount=type=bind,from=built,source=/wheels,target=/wheels \
    pip install --no-cache-dir --constraint /constraints.txt "$(echo /wheels/*.whl)[store]"

# The lab needs the checkout, and SIPp, which plays the phones.
FROM installed AS phones
RUN apt-get update \
 && apt-get install -y --no-install-recommends sip-tester \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/lab
COPY sipp-scenarios sipp-scenarios
COPY adapter adapter
ENV PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
CMD ["python", "-m", "adapter.lab.phones_only"]

FROM installed AS adapter
ENV ADAPTER_LISTEN_HOST=0.0.0.0
EXPOSE 8080
# /health, not /ready: a restart does not mend a link that is down.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health', timeout=4)"]
USER 10001:10001
CMD ["uapi-adapter", "serve"]
