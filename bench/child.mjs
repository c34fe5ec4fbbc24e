/** One measurement in a separate process: `node child.mjs '{"kind":"lines","reader":"bare"}'` prints its JSON. */
const job = JSON.parse(process.argv[2])
const { measure } = await import(`./jobs/${job.kind}.mjs`)
const measured = await measure(job)
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit())
