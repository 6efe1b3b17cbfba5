// Package supersede decides what a request does when it is superseded or abandoned. It owns
// every question to CloudFormation about a request and the time of each question. It writes
// nothing: package provider makes the changes and rolls them back.
//
// # Why
//
// When another resource of the stack fails, CloudFormation cancels a request that is in
// flight, or still in Lambda's queue, and sends the next one at once. Nothing stops the first
// request. Anything that it creates after the second one is done belongs to no stack, and
// nobody reads its answer:
// https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1730
//
// # Modes
//
// A request is in one of three modes, by the time since CloudFormation issued it:
//
//   - fresh, younger than lateAfter: it does not ask CloudFormation.
//   - late, from lateAfter on: it asks at the end of its work, and before it removes
//     worker groups.
//   - stale, from staleAfter on: it was queued, or is a retry. It also asks before its
//     first write.
//
// # Timeline
//
// A is a request that is cancelled. B is the next request that CloudFormation sends: the
// Delete of a Create, with a generated id, or the Update that rolls a replacement back.
//
//  1. A is issued. It is fresh.
//  2. About two seconds later CloudFormation cancels A and issues B.
//  3. B removes what A has made so far, and then looks again every lookPause until
//     nothing has appeared for quietPeriod. A writes nothing unseen while it is fresh,
//     since quietPeriod is longer than lateAfter.
//  4. A makes its last write. If it is fresh, step 3 covers that write, and A answers.
//  5. If A is late, it asks CloudFormation. If the resource is not abandoned, B is
//     still to be issued and will find everything that A has made. If it is abandoned,
//     B has come and gone: A rolls back what it has made, with a quiet period of its
//     own, and asks again before each removal, since the next request for the same
//     resource makes the same roles.
//  6. If A is killed, Lambda retries it after a minute or more. It is stale, and asks
//     before it writes anything.
//
// An answer of CloudFormation counts only if it is given twice, confirmPause apart. If
// CloudFormation cannot be asked, a request counts as current: a guess must not delete a set
// that is in use.
//
// The table in table.go says what each kind of request does.
package supersede
