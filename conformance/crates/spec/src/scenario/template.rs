//! Templates: words with variables in them, to be filled in when a step runs.

/// Looks up a variable's value by its name; `None` where it has none.
pub type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A word of a step: literal text and variables.
///
/// Two templates are equal when they expand to the same text whatever the variables hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Text that stands for itself.
    Literal(String),
    /// A variable whose value takes this place.
    Variable(Variable),
}

/// A variable in use: `$NAME`, `${NAME^^}`, `${NAME//FROM/TO}`, `${NAME%?}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Variable {
    /// Its name, without the `$`.
    pub name: String,
    /// What is done to its value, in bash's notation.
    pub transform: Option<Transform>,
}

/// What is done to a variable's value before it takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transform {
    /// `^^`: upper case.
    Upper,
    /// `//FROM/TO`: every FROM becomes TO; both are literal and FROM is not empty.
    Replace {
        /// What is replaced.
        from: String,
        /// What takes its place.
        to: String,
    },
    /// `%?`: the last character is cut.
    CutLast,
}

/// Says that a template uses a variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the variable ${name} has no value")]
pub struct MissingVariable {
    /// The variable's name, without the `$`.
    pub name: String,
}

impl Template {
    /// Makes a template of pieces; neighbouring literals are merged, empty ones dropped.
    pub fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut template = Self::default();
        for piece in pieces {
            template.push(piece);
        }
        template
    }

    /// Makes a template that is the text itself.
    pub fn literal(text: impl Into<String>) -> Self {
        Self::new([Piece::Literal(text.into())])
    }

    /// Makes a template that is one variable, as it is.
    pub fn variable(name: impl Into<String>) -> Self {
        Self::new([Piece::Variable(Variable { name: name.into(), transform: None })])
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, piece: Piece) {
        match (self.pieces.last_mut(), piece) {
            (_, Piece::Literal(text)) if text.is_empty() => {}
            (Some(Piece::Literal(last)), Piece::Literal(text)) => last.push_str(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }

    /// Lists the pieces; no two literals are neighbours and none is empty.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Gives the text where there is no variable in it.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Gives the literal text that it starts with; empty where it starts with a variable.
    pub fn literal_start(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }

    /// Iterates over the literal parts.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Variable(_) => None,
        })
    }

    /// Iterates over the variables in use, by name and in order; one may come more than once.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Variable(variable) => Some(variable.name.as_str()),
        })
    }

    /// Gives what follows the first `length` bytes, which must be literal.
    pub(super) fn after(&self, length: usize) -> Self {
        let mut pieces = self.pieces.clone();
        if let Some(Piece::Literal(text)) = pieces.first_mut() {
            *text = text[length..].to_owned();
        }
        Self::new(pieces)
    }

    /// Puts text in the place of one variable; a use with a transform stays.
    pub(super) fn with(&self, name: &str, text: &str) -> Self {
        Self::new(self.pieces.iter().map(|piece| match piece {
            Piece::Variable(variable) if variable.name == name && variable.transform.is_none() => {
                Piece::Literal(text.to_owned())
            }
            other => other.clone(),
        }))
    }

    /// Fills in the variables.
    ///
    /// # Errors
    ///
    /// When `lookup` has no value for one of them; the first such is named.
    pub fn expand(&self, lookup: &Lookup<'_>) -> Result<String, MissingVariable> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Variable(variable) => {
                    let value = lookup(&variable.name)
                        .ok_or_else(|| MissingVariable { name: variable.name.clone() })?;
                    match &variable.transform {
                        Some(transform) => out.push_str(&transform.apply(&value)),
                        None => out.push_str(&value),
                    }
                }
            }
        }
        Ok(out)
    }
}

impl Transform {
    /// Gives the value that bash would give.
    pub fn apply(&self, value: &str) -> String {
        match self {
            Self::Upper => value.chars().map(upper).collect(),
            Self::Replace { from, to } => value.replace(from, to),
            Self::CutLast => {
                let mut letters = value.chars();
                letters.next_back();
                letters.as_str().to_owned()
            }
        }
    }
}

/// Gives the capital; a letter whose capital is two letters stays, as in bash.
fn upper(letter: char) -> char {
    let mut capital = letter.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        Self::literal(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(transform: Option<Transform>) -> Template {
        Template::new([
            Piece::Literal("a".into()),
            Piece::Literal("=".into()),
            Piece::Variable(Variable { name: "X".into(), transform }),
        ])
    }

    fn value(name: &str) -> Option<String> {
        (name == "X").then(|| "ab-cd-é".to_owned())
    }

    #[test]
    fn a_template_expands_as_bash_does() {
        let replace = |from: &str, to: &str| Transform::Replace { from: from.into(), to: to.into() };
        assert_eq!(with(None).expand(&value).as_deref(), Ok("a=ab-cd-é"));
        assert_eq!(with(Some(Transform::Upper)).expand(&value).as_deref(), Ok("a=AB-CD-É"));
        assert_eq!(with(Some(Transform::CutLast)).expand(&value).as_deref(), Ok("a=ab-cd-"));
        assert_eq!(with(Some(replace("-", ""))).expand(&value).as_deref(), Ok("a=abcdé"));
        assert_eq!(with(Some(replace("b-", "/"))).expand(&value).as_deref(), Ok("a=a/cd-é"));
        assert_eq!(Transform::CutLast.apply(""), "");
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        let error = Template::variable("SESSION").expand(&value).expect_err("it has no value");
        assert_eq!(error.to_string(), "the variable $SESSION has no value");
    }

    #[test]
    fn neighbouring_literals_are_one() {
        assert_eq!(with(None).pieces().len(), 2);
        assert_eq!(Template::literal("").pieces(), []);
        assert_eq!(Template::literal("").as_literal(), Some(""));
        assert_eq!(with(None).variables().collect::<Vec<_>>(), ["X"]);
    }
}
