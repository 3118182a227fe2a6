/// A participant's number in one log: 0, 1, 2, … in order of registration.
package typealias ParticipantNumber = UInt32
