#!/usr/bin/env bash
# The peers of the interop tests: libcoap and tshark from Debian, the Leshan demo server and libraries from Maven Central. What cannot be had is a failure, never a skip.
set -euo pipefail
cd "$(dirname "$0")"
missing=()
command -v coap-client-notls > /dev/null && command -v coap-server-notls > /dev/null || missing+=(libcoap3-bin)
command -v tshark > /dev/null && command -v text2pcap > /dev/null || missing+=(tshark)
command -v javac > /dev/null || missing+=(default-jdk-headless)
command -v mvn > /dev/null || missing+=(maven)
if [ ${#missing[@]} -gt 0 ]; then
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  export DEBIAN_FRONTEND=noninteractive
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" > /dev/null
fi
ls target/dependency/leshan-*demo*.jar > /dev/null 2>&1 || mvn -q -B dependency:copy-dependencies
ls target/libraries/leshan-lwm2m-server*.jar target/libraries/leshan-lwm2m-client*.jar > /dev/null 2>&1 ||
  mvn -q -B -f libraries/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/target/libraries" -DexcludeClassifiers=tests
for peer in coap-client-notls coap-server-notls tshark text2pcap java; do
  command -v "$peer" > /dev/null || { echo "missing peer: $peer" >&2; exit 1; }
done
ls target/dependency/leshan-*demo*.jar target/libraries/leshan-lwm2m-server*.jar target/libraries/leshan-lwm2m-client*.jar
coap-client-notls -h 2>&1 | grep -m1 ' v' || true
tshark --version 2> /dev/null | head -n 1 || true
