# Digests the lines of an access log: {"log": "GET /a 200 12\n..."} becomes requests and errors by path.
digest() {
  event=$(cat)
  jq --exit-status '.log | type == "string"' <<<"$event" >/dev/null || {
    echo "the event has no log" >&2
    return 2
  }
  jq --raw-output .log <<<"$event" |
    awk 'NF == 4 { requests[$2]++; if ($3 >= 500) errors[$2]++; ms[$2] += $4 }
         NF && NF != 4 { skipped++ }
         END {
           for (path in requests) print path "\t" requests[path] "\t" errors[path] + 0 "\t" ms[path] / requests[path]
           printf "%d lines skipped\n", skipped > "/dev/stderr"
         }' |
    sort -t "$(printf '\t')" -k2,2nr -k1,1 |
    jq --raw-input --null-input --compact-output '[inputs | split("\t") |
      {path: .[0], requests: (.[1] | tonumber), errors: (.[2] | tonumber), meanMs: (.[3] | tonumber)}]'
}
