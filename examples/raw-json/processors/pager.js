/** Calls someone, who never answers at once: the topology says how often the call is tried again. */
export async function handler({ sensor, celsius }, context) {
  if (context.attempt === 1) throw new Error(`nobody answers the call about the ${sensor}`)
  await context.emit('called', `${context.topic}: ${sensor}, ${celsius} °C`)
}
