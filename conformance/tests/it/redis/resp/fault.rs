//! The mistakes of the tests' own Redis server.

/// One mistake, in one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None: the server is right.
    None,
    /// A ping is answered with another word.
    WrongPong,
    /// A ping is refused.
    RefusesPing,
    /// What was set is gone after a restart.
    ForgetsAtRestart,
    /// Values are set and not kept.
    KeepsNothing,
    /// The documents' values are there already, and nothing else is kept.
    KeepsWhatItHas,
    /// Every connection is closed at once.
    HangsUp,
    /// Every command is answered as HTTP.
    SpeaksHttp,
    /// Every connection is one too many.
    TooManyClients,
    /// A number is not what was set.
    WrongValue,
    /// A number that is set is confirmed with a number.
    ConfirmsWithANumber,
    /// Of commands that are sent at once, the first alone is answered.
    AnswersTheFirst,
    /// A new field is not counted.
    CountsNoField,
    /// A field that is there counts as new.
    CountsEveryField,
    /// A hash comes with the values of other fields.
    WrongPairs,
    /// A hash comes without its last field.
    LosesAField,
    /// A hash comes in another order than it was set, which is no mistake.
    OtherOrder,
    /// A message is not delivered.
    LosesAMessage,
    /// A message is delivered after the next one.
    SwapsMessages,
    /// Messages are delivered twice.
    RepeatsMessages,
    /// The last message is not delivered, so that a subscriber never ends.
    LosesTheKill,
    /// Nobody can subscribe.
    RefusesSubscribers,
    /// An UNSUBSCRIBE is not confirmed.
    SilentUnsubscribe,
    /// Whoever has quit is still counted as a subscriber.
    KeepsSubscribers,
    /// A message comes after the UNSUBSCRIBE was confirmed.
    SendsOneMore,
    /// A message that is published is confirmed with a word, not with a number.
    ConfirmsWithAWord,
    /// A QUIT ends the connection without a word.
    SilentQuit,
    /// A QUIT does not end the connection.
    NeverHangsUp,
    /// A subscriber is sent messages without end.
    NeverStopsPushing,
    /// A message comes after the reply to the command that was sent after it, which is no mistake.
    DeliversLater,
    /// A DEL ends the connection.
    HangsUpAtDel,
    /// Its address is a name that nobody has, which is no mistake of its own.
    HasNoName,
    /// It asks for a password.
    AsksForAPassword,
    /// It lets nobody in from elsewhere, and says so before it is asked.
    LetsNobodyIn,
    /// It has not read its data yet.
    IsLoading,
    /// It is a replica.
    IsAReplica,
}
