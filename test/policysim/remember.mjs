// What the simulator asks of its utilities most, and pays most for: whether a resource is of a type, which it finds out
// character by character, anew for each statement of each case. The answer depends on the two texts alone, so it is
// remembered. This module stands in for the utilities wherever the simulator imports them.
import * as utils from '@cloud-copilot/iam-utils'

export * from '@cloud-copilot/iam-utils' // an export of this module's own hides the one of the same name

// remembering returns f, of two arguments that have a text each, with a memory.
function remembering(f) {
  const memory = new Map()
  return (resource, pattern) => {
    const key = JSON.stringify([resource, pattern])
    if (!memory.has(key)) memory.set(key, f(resource, pattern))
    return memory.get(key)
  }
}

export const resourceStringMatchesResourceTypePattern = remembering(utils.resourceStringMatchesResourceTypePattern)
export const mostSpecificMatchingResourceTypePatterns = remembering(utils.mostSpecificMatchingResourceTypePatterns)
