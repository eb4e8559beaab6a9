#!/bin/sh
# Makes the fixtures of tests/key.rs with openssl: public keys, and signatures over the file `message`.
# Private keys live in a temporary folder and are gone at the end. Each run makes other keys.
set -eu
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

printf 'quorate key fixture\n' > message

make_key() { # name, openssl genpkey arguments…
    name=$1
    shift
    openssl genpkey -quiet "$@" -out "$keys/$name" 2>/dev/null || openssl genpkey "$@" -out "$keys/$name" 2>/dev/null
    openssl pkey -in "$keys/$name" -pubout -out "$name.pem"
}

make_key ed25519 -algorithm ed25519
openssl pkeyutl -sign -rawin -inkey "$keys/ed25519" -in message -out ed25519.sig

for curve in p256:prime256v1:sha256 p384:secp384r1:sha384 p521:secp521r1:sha512; do
    name=${curve%%:*}
    rest=${curve#*:}
    make_key "$name" -algorithm EC -pkeyopt "ec_paramgen_curve:${rest%:*}"
    openssl dgst "-${rest#*:}" -sign "$keys/$name" -out "$name.sig" message
done
# A digest that does not belong to the curve.
openssl dgst -sha512 -sign "$keys/p256" -out p256-sha512.sig message

make_key rsa2048 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
for digest in sha256 sha384 sha512; do
    openssl dgst "-$digest" -sign "$keys/rsa2048" -out "rsa2048-pkcs1-$digest.sig" message
    openssl dgst "-$digest" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sign "$keys/rsa2048" \
        -out "rsa2048-pss-$digest.sig" message
done
openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max -sign "$keys/rsa2048" \
    -out rsa2048-pss-sha256-longest-salt.sig message

make_key rsa1024 -algorithm RSA -pkeyopt rsa_keygen_bits:1024
make_key rsa2048-exponent-3 -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3
make_key secp256k1 -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1
make_key x25519 -algorithm x25519

# Key ids as securesystemslib computes them: SHA-256 over the canonical key, whose strings hold line ends as they are.
key_id() { # name, key type, scheme
    printf '%s %s ' "$1" "$3"
    {
        printf '{"keytype":"%s","keyval":{"public":"' "$2"
        if [ "$1" = ed25519 ]; then
            openssl pkey -pubin -in "$1.pem" -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n'
        else
            cat "$1.pem"
        fi
        printf '"},"scheme":"%s"}' "$3"
    } | sha256sum | cut -d ' ' -f 1
}
{
    key_id ed25519 ed25519 ed25519
    key_id p256 ecdsa ecdsa-sha2-nistp256
    key_id p384 ecdsa ecdsa-sha2-nistp384
    key_id p521 ecdsa ecdsa-sha2-nistp521
    key_id rsa2048 rsa rsassa-pss-sha256
    key_id rsa2048 rsa rsa-pkcs1v15-sha256
} > key-ids
