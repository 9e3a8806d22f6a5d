/**
 * `npm run build`: writes dist/, everything that is installed. `npm run build -- programs` or `-- web` does one half.
 * The version comes from package.json.
 */
import { bundlePrograms } from './bundle-programs.ts'
import { bundleWeb } from './bundle-web.ts'

const halves = process.argv.slice(2)
const wants = (half: string): boolean => halves.length === 0 || halves.includes(half)

// The bundlers have printed what is wrong, with the place; the stack of this script helps nobody.
process.on('uncaughtException', (error) => {
  console.error(`ERROR: Cannot build: ${error.message.split('\n')[0]}`)
  process.exit(1)
})

const startedAt = performance.now()
if (wants('programs')) {
  for (const program of await bundlePrograms())
    console.log(`dist/${program.name}.js  ${Math.round(program.startupBytes / 1024)} KiB loaded at start`)
}
if (wants('web')) {
  const files = await bundleWeb()
  console.log(`dist/web  ${files.length} files`)
}
console.log(`built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
