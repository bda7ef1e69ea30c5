#!/usr/bin/env bash
# The packed tarball in an empty folder, as a stranger installs it: types under both resolutions, the README's device, on this Node and on 22 and 24.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$root"
tarball=$(npm pack --silent --pack-destination "$folder")
cd "$folder"
cat > package.json <<'JSON'
{ "name": "smoke", "private": true, "type": "module" }
JSON
npm install --silent --no-audit --no-fund "./$tarball" rxjs@7.8.2 typescript@6.0.3 @types/node@20.19.43
for part in device server; do
  (cd "$root" && node --import tsx test/smoke/readme.ts README.md "$part") > "$part.ts"
done
cp "$root/test/smoke/together.ts" "$root/test/smoke/subpaths.ts" .
for resolution in 'nodenext nodenext' 'preserve bundler'; do
  read -r module how <<< "$resolution"
  npx tsc --noEmit --strict --target es2022 --module "$module" --moduleResolution "$how" --types node device.ts server.ts together.ts subpaths.ts
  echo "types compile: --moduleResolution $how"
done
npx tsc --strict --target es2022 --module nodenext --moduleResolution nodenext --types node --outDir out device.ts server.ts together.ts subpaths.ts
for version in '' 22 24; do
  runner=(node)
  [ -n "$version" ] && runner=(npx -y "node@$version")
  "${runner[@]}" -e 'console.log("node", process.version)'
  "${runner[@]}" out/together.js
  "${runner[@]}" out/subpaths.js
  "${runner[@]}" node_modules/.bin/lwm2m-rx demo --json | tail -n 1
done
