/** The flags of attak 2017: their short and long forms, and what to do today. */
const OLD: readonly (readonly [short: string, long: string, today: string])[] = [
  ['-e', '--environment', 'use --stage'],
  ['-j', '--inputFile', 'use --input'],
  ['-r', '--region', 'use --region'],
  ['-P', '--profile', 'use --profile'],
  ['-o', '--role', 'use --role'],
  ['-a', '--accessKey', 'set the variable AWS_ACCESS_KEY_ID, or use --profile'],
  ['-s', '--secretKey', 'set the variable AWS_SECRET_ACCESS_KEY, or use --profile'],
  ['-k', '--sessionToken', 'set the variable AWS_SESSION_TOKEN, or use --profile'],
  ['-n', '--functionName', 'set name in the topology'],
  ['-m', '--memorySize', 'set memory (megabytes) in the topology or on a processor'],
  ['-t', '--timeout', 'set timeout (seconds) in the topology or on a processor'],
  ['-u', '--runtime', 'set runtime in the topology or on a processor'],
  ['-b', '--vpcSubnets', 'set vpc in the topology or on a processor'],
  ['-g', '--vpcSecurityGroups', 'set vpc in the topology or on a processor'],
  ['-f', '--configFile', 'put variables into .env, and name them in environment of the topology or of a processor'],
  ['-x', '--excludeGlobs', 'leave it out: attak uploads only what a processor imports or includes'],
  ['-H', '--handler', 'leave it out: attak finds the handler in each module'],
  ['-d', '--description', 'leave it out'],
  ['-p', '--publish', 'leave it out'],
  ['-L', '--lambdaVersion', 'leave it out'],
  ['-A', '--packageDirectory', 'leave it out: attak builds what it uploads by itself'],
  ['-D', '--prebuiltDirectory', 'leave it out: attak builds what it uploads by itself'],
]

/**
 * Explains a flag that a command does not have and attak of 2017 had, such as `-e`, `-eprod` or `--inputFile`. `flags` are those
 * of the command. Undefined for any other flag.
 */
export function oldFlagAdvice(flag: string, flags: readonly string[]): string | undefined {
  const [name = ''] = flag.split('=')
  const camel = name.replace(/(\w)-(\w)/g, (_, before: string, after: string) => before + after.toUpperCase())
  const old = OLD.find(([short, long]) => (name.startsWith('--') ? camel === long : name.startsWith(short)))
  if (old === undefined) return undefined
  const [short, long, today] = old
  const said = name.startsWith('--') ? long : `${short} was ${long}`
  const meant = /^use (--\w+)$/.exec(today)?.[1]
  const isHere = meant === undefined || flags.some((each) => each.split(/[ ,]+/).includes(meant))
  if (meant === long && name === long) return undefined
  const advice = isHere ? today : `leave it out: this command does not have ${meant}`
  return name.startsWith('--') ? `${said} was a flag of attak 2017: ${advice}.` : `${said} in attak 2017: ${advice}.`
}
