// The simulator spends most of its time in one of its utilities: whether a resource is of a
// type, which it decides character by character, again for each statement of each case. The
// result depends only on the two texts, so this module remembers it. The simulator imports
// this module instead of its utilities.
import * as utils from '@cloud-copilot/iam-utils'

export * from '@cloud-copilot/iam-utils' // an export of this module hides the one of the same name

// remembering returns f, a function of two arguments with a text each, with a memory.
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
