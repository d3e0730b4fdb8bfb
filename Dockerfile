# Builds all images. docker-compose.yml uses trainer and gateway; docker-compose.scale.yml adds redis and proxy. To build one:
#   docker build --target gateway .
#   docker build --target trainer --build-arg TENSORFLOW=cpu .
#
# An image that is passed on should say where its source is: --build-arg SOURCE_URL=https://…
#
# npm packages are pinned by package-lock.json, TensorFlow's and NVIDIA's libraries by their digests in
# packages/trainer/src/install/tensorflow-wheels.ts. To pin the base image by its digest too:
#   --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim
# cuda or cpu
ARG TENSORFLOW=cuda

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY .npmrc package.json package-lock.json ./
COPY packages/cli/package.json packages/cli/
COPY packages/dashboard/package.json packages/dashboard/
COPY packages/gateway/package.json packages/gateway/
COPY packages/shared/package.json packages/shared/
COPY packages/trainer/package.json packages/trainer/


FROM manifests AS dependencies
RUN --mount=type=cache,target=/root/.npm npm ci


FROM manifests AS gateway-dependencies
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --workspace packages/gateway \
    && rm -rf node_modules/@libsql/linux-*-musl \
    && find node_modules packages \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.[cm]ts' \) -delete


# Removes WebGPU's binaries, because the image has no Vulkan driver, and the builds of tfjs for browsers.
FROM manifests AS trainer-dependencies
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --workspace packages/trainer \
    && rm -rf node_modules/webgpu/dist/*-* \
    && find node_modules packages \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.[cm]ts' \) -delete \
    && find node_modules/@tensorflow \( -name '*.min.js' -o -name '*.fesm.js' -o -name '*.es2017.js' \) -delete


# Removes source maps: Node.js reads them only on request, and the compiled code is as readable as its source.
FROM dependencies AS build
COPY tsconfig.base.json ./
COPY packages packages
RUN npx tsc -b packages/gateway packages/trainer packages/dashboard \
    && npx vite build --logLevel warn packages/dashboard \
    && find packages -path '*/dist/*' \( -name '*.map' -o -name '*.d.ts' -o -name '*.tsbuildinfo' \) -delete


# TensorFlow's library and its addon, installed by the trainer's own installer. Only the installer's files are copied, so that
# other changes do not rebuild this stage.
FROM ${NODE_IMAGE} AS tensorflow
WORKDIR /app
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY packages/shared/package.json packages/shared/
COPY packages/trainer/package.json packages/trainer/
COPY packages/trainer/native packages/trainer/native
COPY --from=trainer-dependencies /app/node_modules/@mnist-monitor node_modules/@mnist-monitor
COPY --from=trainer-dependencies /app/node_modules/node-api-headers node_modules/node-api-headers
COPY --from=trainer-dependencies /app/node_modules/@tensorflow/tfjs-node-gpu node_modules/@tensorflow/tfjs-node-gpu
COPY --from=build /app/packages/shared/dist/src/protocol/errors.js /app/packages/shared/dist/src/protocol/printable.js packages/shared/dist/src/protocol/
COPY --from=build /app/packages/shared/dist/src/files packages/shared/dist/src/files
COPY --from=build /app/packages/shared/dist/src/options/command-line.js packages/shared/dist/src/options/
COPY --from=build /app/packages/trainer/dist/src/install packages/trainer/dist/src/install
ARG TENSORFLOW
RUN --mount=type=cache,target=/var/cache/pip \
    XDG_CACHE_HOME=/opt PIP_CACHE_DIR=/var/cache/pip \
    node packages/trainer/dist/src/install/main.js $([ "$TENSORFLOW" = cpu ] || echo "--$TENSORFLOW")


FROM trainer-dependencies AS trainer-notices
RUN --mount=type=bind,source=docker/notices.js,target=/notices.js \
    --mount=type=bind,from=tensorflow,source=/opt/mnist-training-monitor,target=/opt/mnist-training-monitor \
    node /notices.js node_modules packages /opt/mnist-training-monitor > /third-party-notices.txt


FROM ${NODE_IMAGE} AS trainer-without-licences
LABEL org.opencontainers.image.title="MNIST Training Monitor: trainer" \
      org.opencontainers.image.description="Trains a convolutional network on MNIST and publishes every step."
WORKDIR /app
ENV NODE_ENV=production \
    XDG_CACHE_HOME=/opt \
    CUDA_CACHE_PATH=/var/cache/cuda \
    GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=1073741824 \
    MONITOR_RUNS=/runs \
    MONITOR_HEARTBEAT=/tmp/heartbeat
RUN install -d -o node -g node /runs /var/cache/cuda
COPY --from=tensorflow /opt/mnist-training-monitor /opt/mnist-training-monitor
COPY --from=trainer-dependencies /app/node_modules node_modules
COPY --from=trainer-dependencies /app/packages packages
COPY LICENSE ./
COPY --from=trainer-notices /third-party-notices.txt ./
COPY --from=build /app/packages/shared/dist packages/shared/dist
COPY --from=build /app/packages/trainer/dist packages/trainer/dist
USER node
STOPSIGNAL SIGTERM
# The trainer listens on no port. It touches a file every few seconds, unless its event loop is blocked.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["node", "-e", "process.exit(Date.now() - fs.statSync(process.env.MONITOR_HEARTBEAT).mtimeMs < 60_000 ? 0 : 1)"]
ENTRYPOINT ["node", "packages/trainer/dist/src/main.js"]
ARG SOURCE_URL
LABEL org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.source="${SOURCE_URL}" \
      org.opencontainers.image.documentation="${SOURCE_URL}"


# The licences of the layers above the base image. /app/third-party-notices.txt has their texts.
FROM trainer-without-licences AS trainer-cpu
LABEL org.opencontainers.image.licenses="Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND MIT"


# NVIDIA's libraries may be used and passed on only under NVIDIA's own terms.
FROM trainer-without-licences AS trainer-cuda
LABEL org.opencontainers.image.licenses="Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND LicenseRef-NVIDIA-Proprietary AND MIT"


FROM trainer-${TENSORFLOW} AS trainer


# Installs Debian's package on the same base image, so that no other image has to be downloaded.
FROM ${NODE_IMAGE} AS redis
LABEL org.opencontainers.image.title="MNIST Training Monitor: Redis" \
      org.opencontainers.image.description="Stores the runs of several gateways; acknowledged writes are on its disk." \
      org.opencontainers.image.licenses="BSD-3-Clause"
RUN apt-get update \
    && apt-get install -y --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o node -g node /data
USER node
WORKDIR /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["sh", "-c", "[ \"$(redis-cli ping)\" = PONG ]"]
ENTRYPOINT ["redis-server", "--bind", "*", "--protected-mode", "no", "--dir", "/data", \
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction"]
ARG SOURCE_URL
LABEL org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.source="${SOURCE_URL}" \
      org.opencontainers.image.documentation="${SOURCE_URL}"


FROM ${NODE_IMAGE} AS proxy
LABEL org.opencontainers.image.title="MNIST Training Monitor: proxy" \
      org.opencontainers.image.description="Distributes viewers over the gateways that are ready." \
      org.opencontainers.image.licenses="GPL-2.0-or-later"
RUN apt-get update \
    && apt-get install -y --no-install-recommends haproxy \
    && rm -rf /var/lib/apt/lists/*
COPY docker/haproxy.cfg /etc/haproxy/haproxy.cfg
USER node
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MONITOR_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
ARG SOURCE_URL
LABEL org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.source="${SOURCE_URL}" \
      org.opencontainers.image.documentation="${SOURCE_URL}"


# With the notices of the page, whose packages are part of its files.
FROM gateway-dependencies AS gateway-notices
RUN --mount=type=bind,source=docker/notices.js,target=/notices.js \
    --mount=type=bind,from=build,source=/app/packages/dashboard/dist/page,target=/page \
    { node /notices.js node_modules packages && printf '\n%80s\n\n' '' | tr ' ' - && cat /page/third-party-notices.txt; } \
    > /third-party-notices.txt


FROM ${NODE_IMAGE} AS gateway
LABEL org.opencontainers.image.title="MNIST Training Monitor: gateway" \
      org.opencontainers.image.description="Stores every training run, streams it live and serves the dashboard." \
      org.opencontainers.image.licenses="Apache-2.0 AND BSD-3-Clause AND BlueOak-1.0.0 AND ISC AND MIT"
WORKDIR /app
ENV NODE_ENV=production \
    GLIBC_TUNABLES=glibc.malloc.mmap_threshold=65536:glibc.malloc.arena_max=2 \
    MONITOR_HOST=0.0.0.0 \
    MONITOR_PORT=5000 \
    MONITOR_RUNS=/runs
RUN install -d -o node -g node /runs
COPY --from=gateway-dependencies /app/node_modules node_modules
# The package.json files, and libraries that npm installs below a package because the root has another version of them.
COPY --from=gateway-dependencies /app/packages packages
COPY LICENSE ./
COPY --from=gateway-notices /third-party-notices.txt ./
COPY --from=build /app/packages/shared/dist packages/shared/dist
COPY --from=build /app/packages/gateway/dist packages/gateway/dist
COPY --from=build /app/packages/dashboard/dist/page packages/dashboard/dist/page
USER node
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MONITOR_PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "packages/gateway/dist/src/main.js"]
ARG SOURCE_URL
LABEL org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.source="${SOURCE_URL}" \
      org.opencontainers.image.documentation="${SOURCE_URL}"
