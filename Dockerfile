# Copydesk: one image for every part of a cluster; the command says which part.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# The environment has no pip of its own: nothing in the image can install.
RUN python -m venv --without-pip /opt/copydesk
# Dependencies before the code, for they change less often.
COPY requirements.lock ./
RUN pip --quiet --python /opt/copydesk/bin/python install --require-hashes --no-deps --requirement requirements.lock
COPY . .
RUN pip --quiet --python /opt/copydesk/bin/python install --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --uid 10001 --user-group --create-home --home-dir /var/lib/copydesk copydesk
COPY --from=build /opt/copydesk /opt/copydesk
ENV PATH=/opt/copydesk/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 COPYDESK_LOG_FORMAT=json
USER copydesk
WORKDIR /var/lib/copydesk
CMD ["copydesk", "--help"]
