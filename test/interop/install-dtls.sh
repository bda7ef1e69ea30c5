#!/usr/bin/env bash
# The peers of the tests over DTLS: OpenSSL, GnuTLS and libcoap's two builds from Debian, pion/dtls built from the Go module proxy. What cannot be had is a failure, never a skip.
set -euo pipefail
cd "$(dirname "$0")"
missing=()
command -v openssl > /dev/null || missing+=(openssl)
command -v gnutls-cli > /dev/null && command -v gnutls-serv > /dev/null || missing+=(gnutls-bin)
for peer in coap-client-openssl coap-client-gnutls coap-server-openssl coap-server-gnutls; do
  command -v "$peer" > /dev/null || { missing+=(libcoap3-bin); break; }
done
command -v go > /dev/null || missing+=(golang-go)
if [ ${#missing[@]} -gt 0 ]; then
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" > /dev/null
fi
mkdir -p target
(cd pion && go build -o ../target/pion-peer .)
for peer in openssl gnutls-cli gnutls-serv coap-client-openssl coap-client-gnutls coap-server-openssl coap-server-gnutls target/pion-peer; do
  command -v "$peer" > /dev/null || { echo "missing peer: $peer" >&2; exit 1; }
done
openssl version
gnutls-cli --version | head -n 1
grep -m1 'pion/dtls' pion/go.mod
