// Evaluates a batch of authorizations and prints IAM's decision on each, or why there is none.
//
//   in:  {"documents": [...], "cases": [{principal, action, resource, account, context, identity, boundary, policy}, ...]}
//        identity and boundary are lists of indexes into documents, policy is the resource's own
//   out: [{"decision": "..."} or {"error": "..."}, ...], one for each case
import { registerHooks } from 'node:module'
import { text } from 'node:stream/consumers'

const remember = new URL('remember.mjs', import.meta.url).href
registerHooks({
  resolve(specifier, context, next) {
    const own = specifier === '@cloud-copilot/iam-utils' && context.parentURL !== remember
    return own ? { url: remember, shortCircuit: true } : next(specifier, context)
  },
})
const { createValidatedPolicy, validateIdentityPolicy } = await import('@cloud-copilot/iam-policy') // after the hook
const { runSimulation } = await import('@cloud-copilot/iam-simulate')

// The simulator compares names letter by letter with localeCompare, which makes a collator
// at each call. This takes half of its time. One collator for each locale and its options
// gives the same result.
const collators = new Map()
String.prototype.localeCompare = function (that, locale, options) {
  const key = JSON.stringify([locale, options])
  if (!collators.has(key)) collators.set(key, new Intl.Collator(locale, options))
  return collators.get(key).compare(this, that)
}

const { documents, cases } = JSON.parse(await text(process.stdin))
const validated = documents.map((document) => createValidatedPolicy(document, validateIdentityPolicy)) // once for each document, not for each case
const named = (indexes) => (indexes ?? []).map((i) => ({ name: `document ${i}`, policy: validated[i] }))

async function decide(c) {
  const outcome = await runSimulation(
    {
      request: {
        principal: c.principal,
        action: c.action,
        resource: { resource: c.resource, accountId: c.account },
        contextVariables: c.context ?? {},
      },
      identityPolicies: named(c.identity),
      permissionBoundaryPolicies: c.boundary ? named(c.boundary) : undefined,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: c.policy,
    },
    {},
  )
  if (outcome.resultType === 'error') return { error: JSON.stringify(outcome.errors) }
  if (outcome.resultType !== 'single') return { error: 'a request names one resource, without wildcards' }
  const ignored = outcome.result.ignoredContextKeys ?? []
  if (ignored.length > 0) return { error: `IAM does not give ${c.action} on this resource the keys ${ignored.join(', ')}` }
  return { decision: outcome.overallResult }
}

const results = []
for (const c of cases) {
  results.push(await decide(c).catch((e) => ({ error: String(e) })))
}
process.stdout.write(JSON.stringify(results))
