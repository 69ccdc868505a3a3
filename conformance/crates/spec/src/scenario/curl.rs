//! The request of a `curl` step, as its options say it.

use super::template::{Piece, Template};

/// The options of one `curl` step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curl {
    /// The URL; it starts with `$URL`.
    pub url: Template,
    /// `-X`: the method, in the place of the one that the other options imply.
    pub method: Option<String>,
    /// `-H`: `Name: value` adds, `Name:` removes a default one, `Name;` sends an empty one; in order.
    pub headers: Vec<Template>,
    /// `-d` and its relatives, in order.
    pub data: Vec<Data>,
    /// `-G`: the data goes to the URL's query.
    pub get: bool,
    /// `-b`: cookies as `name=value`, in order; one without `=` names a file, and so sends nothing.
    pub cookies: Vec<Template>,
    /// `-u`: `user:password` for Basic credentials.
    pub user: Option<Template>,
    /// `-I`: HEAD.
    pub head: bool,
    /// `-i`: the answer's header is shown in full.
    pub include: bool,
    /// `-v`: as in the documents' transcripts; it shows nothing more here.
    pub verbose: bool,
    /// `-s`: no progress; it changes nothing here.
    pub silent: bool,
    /// `-A`: the User-Agent; an empty one removes it.
    pub user_agent: Option<Template>,
    /// `-F`: `name=value` fields of a multipart body, in order.
    pub form: Vec<Template>,
    /// `--path-as-is`: `/../` and `/./` stay in the path.
    pub path_as_is: bool,
    /// `--request-target`: what stands in the request line in the path's place.
    pub request_target: Option<Template>,
}

/// One `-d` or a relative of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// Which of the options it is.
    pub kind: DataKind,
    /// Its argument.
    pub value: Template,
}

/// Which option gives the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// `-d`, `--data`.
    Plain,
    /// `--data-raw`.
    Raw,
    /// `--data-binary`.
    Binary,
    /// `--data-urlencode`: `content`, `=content` or `name=content`, of which the content is encoded.
    UrlEncode,
}

impl Curl {
    /// Makes a plain GET of a path below `$URL`.
    pub fn get(path: &str) -> Self {
        let mut url = Template::variable("URL");
        url.push(Piece::Literal(path.to_owned()));
        Self { url, ..Self::default() }
    }

    /// Gives the method that is sent: `-X`, or else what the other options imply.
    pub fn effective_method(&self) -> &str {
        match &self.method {
            Some(method) => method,
            None if self.head => "HEAD",
            None if self.get || (self.data.is_empty() && self.form.is_empty()) => "GET",
            None => "POST",
        }
    }

    /// Returns the path below `$URL`, without the query and the slashes at its end.
    pub fn path(&self) -> Template {
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in self.url.pieces().iter().skip(1) {
            match piece {
                Piece::Literal(text) if text.contains('?') => {
                    pieces.extend(text.split('?').next().map(|path| Piece::Literal(path.to_owned())));
                    break;
                }
                piece => pieces.push(piece.clone()),
            }
        }
        if let Some(Piece::Literal(last)) = pieces.last_mut() {
            last.truncate(last.trim_end_matches('/').len());
        }
        Template::new(pieces)
    }

    /// Lists every template in it.
    pub fn templates(&self) -> Vec<&Template> {
        std::iter::once(&self.url)
            .chain(&self.headers)
            .chain(self.data.iter().map(|data| &data.value))
            .chain(&self.cookies)
            .chain(&self.user)
            .chain(&self.user_agent)
            .chain(&self.form)
            .chain(&self.request_target)
            .collect()
    }

    /// Changes every template in it.
    pub(super) fn map(&self, change: impl Fn(&Template) -> Template) -> Self {
        let each = |templates: &[Template]| templates.iter().map(&change).collect();
        Self {
            url: change(&self.url),
            method: self.method.clone(),
            headers: each(&self.headers),
            data: self.data.iter().map(|data| Data { kind: data.kind, value: change(&data.value) }).collect(),
            cookies: each(&self.cookies),
            user: self.user.as_ref().map(&change),
            user_agent: self.user_agent.as_ref().map(&change),
            form: each(&self.form),
            request_target: self.request_target.as_ref().map(&change),
            ..*self
        }
    }
}
