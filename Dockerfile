# docker build -t sk2siem:0.1.0 .
#
# The licence of the IBM i Access ODBC Driver forbids shipping it. Either mount its folder at /opt/ibm/iaccess, or put
# IBM's package into this folder and say so:
#
#   docker build --build-arg IBMI_ODBC_DEB=ibm-iaccess-1.1.0.28-1.0.amd64.deb -t sk2siem:0.1.0 .
#
# An image with the driver in it is for yourself: do not push it to where others can take it from.

FROM python:3.11-slim-bookworm AS build
COPY . /src
RUN sh /src/dev/install.sh /opt/sk2siem


FROM python:3.11-slim-bookworm AS sk2siem
ARG IBMI_ODBC_DEB=""
COPY dev/odbcinst.ini ${IBMI_ODBC_DEB} /tmp/driver/
RUN apt-get update \
 && apt-get install -y --no-install-recommends libodbc2 odbcinst \
 && cp /tmp/driver/odbcinst.ini /etc/odbcinst.ini \
 && if [ -n "${IBMI_ODBC_DEB}" ]; then apt-get install -y --no-install-recommends /tmp/driver/*.deb; fi \
 && rm -rf /tmp/driver /var/lib/apt/lists/*
COPY --from=build /opt/sk2siem /opt/sk2siem

# HOME is where the driver writes; of a root file system that is read only, /tmp alone is mounted to be written to
ENV PATH=/opt/sk2siem/bin:/usr/local/bin:/usr/bin:/bin \
    LD_LIBRARY_PATH=/opt/ibm/iaccess/lib64 \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    SK2SIEM_OPS__HOST=0.0.0.0
USER 10001:10001
EXPOSE 9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9464/livez', timeout=4)"]
ENTRYPOINT ["sk2siem"]
CMD ["--help"]


# what compose.yaml needs beside the services: the double of Splunk's collector
FROM python:3.11-slim-bookworm AS hec
COPY dev /app/dev
WORKDIR /app
RUN install -d -o 10001 -g 10001 /data
USER 10001:10001
CMD ["python", "-m", "dev.hec.listener", "--host", "0.0.0.0", "--port", "18088", "--data", "/data", "--settings", "{}"]


FROM sk2siem
