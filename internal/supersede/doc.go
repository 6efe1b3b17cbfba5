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
//   - late, from lateAfter on: it asks at the end of its work, before it removes worker
//     groups, and before it rolls back worker groups because it has failed.
//   - stale, from staleAfter on: it was queued, or is a retry. It also asks before its
//     first write.
//
// # Timeline
//
// A is a request that is cancelled. B is the next request that CloudFormation sends: the
// Delete of a Create, with a generated id, or the Update that rolls an Update or a
// replacement back. The functions that take these steps have the steps' numbers.
//
//  1. A is issued. It is fresh.
//  2. About two seconds later CloudFormation cancels A and issues B. A Delete with a
//     generated id may itself come late, when a later resource owns the set. So B first
//     asks, and leaves such a set.
//  3. B removes what A has made so far, and then polls IAM every pollPause until
//     nothing has appeared for quietPeriod. A writes nothing unseen while it is fresh,
//     since quietPeriod is longer than lateAfter. An Update in place has no quiet period.
//  4. If A is a late Update, it asks before it removes worker groups. If it is
//     superseded, B may have declared them again, and A stops. If A fails, it asks for the
//     same reason before it rolls back the worker groups that it had begun to make.
//  5. A makes its last write. If it is fresh, step 3 covers that write, and A answers.
//  6. If A is late, and is a Create or a replacement, it asks CloudFormation. If it is not
//     abandoned, B is still to be issued and will find everything that A has made. If it is
//     abandoned, B has come and gone.
//  7. An abandoned A rolls back what it has made, with a quiet period of its own, and
//     asks again before each removal, since the next request for the same resource makes
//     the same roles.
//  8. If A is killed, Lambda retries it after a minute or more. It is stale, and asks
//     before it writes anything.
//
// An answer of CloudFormation counts only if it is given twice, confirmPause apart. If
// CloudFormation cannot be asked, a request counts as current: a guess must not delete a set
// that is in use.
//
// The table in table.go says which of these steps each kind of request takes.
package supersede
