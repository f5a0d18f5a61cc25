# Wrong clients as they are written in a shell with openssl and curl. Prints a line for each: its cause, the answer.
set -eu
cd "$FOLDER"
timestamp=$(date +%s)
string="$timestamp,$API_SECRET,$(cat body.json)"

call() { # call <cause> <signature> [curl's options for the body]
  cause=$1 signature=$2
  shift 2
  [ $# -gt 0 ] || set -- --data-binary @body.json
  printf '%s ' "$cause"
  curl -sS "$URL_OF_CREATION" "$@" -H "Content-Type: application/json" -H "ApiKey: $API_KEY" \
    -H "Timestamp: $timestamp" -H "Signature: $signature"
  echo
}

base64() { openssl base64 -A; }
sign() { openssl dgst -sha256 -sign "$PRIVATE_KEY" "$@"; }

call newline_signed "$(echo "$string" | sign | base64)"
call newline_sent "$(printf '%s' "$string" | sign | base64)" --data-binary "$(cat body.json)
"
call newlines_stripped "$(printf '%s' "$string" | sign | base64)" -d @body.json
call hexadecimal "$(printf '%s' "$string" | sign -hex | sed 's/.*= *//')"
call signature_whitespace "$(printf '%s' "$string" | sign | openssl base64 | tr '\n' ' ')"
call sha1 "$(printf '%s' "$string" | openssl dgst -sha1 -sign "$PRIVATE_KEY" | base64)"
call pss "$(printf '%s' "$string" | sign -sigopt rsa_padding_mode:pss | base64)"
call plain_hash "$(printf '%s' "$string" | openssl dgst -sha256 -binary | base64)"
call hmac "$(printf '%s' "$string" | openssl dgst -sha256 -hmac "$API_SECRET" -binary | base64)"
printf '%s' "$string" | openssl dgst -sha256 -binary > digest.bin
call digest_info_missing "$(openssl pkeyutl -sign -inkey "$PRIVATE_KEY" -in digest.bin | base64)"
call secret_placeholder "$(printf '%s' "$timestamp,${SECRET_THAT_IS_NOT_SET-},$(cat body.json)" | sign | base64)"
call body_omitted "$(printf '%s' "$timestamp,$API_SECRET," | sign | base64)"
call header_missing "" # curl leaves out what is empty
