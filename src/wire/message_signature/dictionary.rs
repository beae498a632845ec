//! A dictionary of structured fields (RFC 9651), with nothing dropped: a name that stands twice is there twice.

use std::borrow::Cow;
use std::convert::Infallible;

use sfv::visitor::{
    DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor,
};
use sfv::{BareItemFromInput as Bare, KeyRef, Parser};

use super::{Head, MAX_FIELD_BYTES, SignatureError};

/// Names and values, in the order of the text.
pub(super) type Parameters<'t> = Vec<(&'t str, Bare<'t>)>;

/// The members, in the order of the text.
pub(super) type Dictionary<'t> = Vec<Member<'t>>;

/// One member of a dictionary.
pub(super) struct Member<'t> {
    pub name: &'t str,
    pub value: Value<'t>,
    /// The parameters of an inner list; those of an item mean nothing here.
    pub parameters: Parameters<'t>,
}

pub(super) enum Value<'t> {
    Item(Bare<'t>),
    List(Vec<Listed<'t>>),
}

/// A member of an inner list.
pub(super) struct Listed<'t> {
    pub item: Bare<'t>,
    pub parameters: Parameters<'t>,
}

/// All lines of a field as one text, bounded; none when the field is not there.
pub(super) fn text<'r>(head: &Head<'r>, field: &'static str) -> Result<Option<Cow<'r, str>>, SignatureError> {
    let size = head.lines(field).fold(0, |size: usize, line| size.saturating_add(line.len()));
    if size > MAX_FIELD_BYTES {
        return Err(SignatureError::TooLarge { what: field });
    }
    if head.lines(field).next().is_none() {
        return Ok(None);
    }
    let malformed = || SignatureError::Malformed { field, problem: "not ASCII text".to_owned() };
    head.value(field).ok_or_else(malformed).map(Some)
}

/// Reads the text of a dictionary.
pub(super) fn read<'t>(field: &'static str, text: &'t str) -> Result<Dictionary<'t>, SignatureError> {
    Parser::new(text)
        .parse_dictionary_with_visitor(Members(Vec::new()))
        .map_err(|error| SignatureError::Malformed { field, problem: error.to_string() })
}

struct Members<'t>(Dictionary<'t>);

impl<'t> DictionaryVisitor<'t> for Members<'t> {
    type Out = Dictionary<'t>;
    type Error = Infallible;

    fn entry(&mut self, key: &'t KeyRef) -> Result<impl EntryVisitor<'t>, Infallible> {
        let value = Value::Item(Bare::Boolean(true));
        self.0.push(Member { name: key.as_str(), value, parameters: Vec::with_capacity(8) });
        Ok(self.0.last_mut())
    }

    fn finish(self) -> Result<Self::Out, Infallible> {
        Ok(self.0)
    }
}

impl<'t> EntryVisitor<'t> for &mut Member<'t> {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'t>, Infallible> {
        Ok(|item| {
            self.value = Value::Item(item);
            Ok::<_, Infallible>(Ignored)
        })
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'t>, Infallible> {
        Ok(List { member: self, items: Vec::with_capacity(8) })
    }
}

struct List<'m, 't> {
    member: &'m mut Member<'t>,
    items: Vec<Listed<'t>>,
}

impl<'t> InnerListVisitor<'t> for List<'_, 't> {
    type Error = Infallible;

    fn item(&mut self) -> Result<impl ItemVisitor<'t>, Infallible> {
        self.items.push(Listed { item: Bare::Boolean(true), parameters: Vec::new() });
        Ok(self.items.last_mut())
    }

    fn finish(self) -> Result<impl ParameterVisitor<'t>, Infallible> {
        self.member.value = Value::List(self.items);
        Ok(Kept(&mut self.member.parameters))
    }
}

impl<'t> ItemVisitor<'t> for &mut Listed<'t> {
    type Out = ();
    type Error = Infallible;

    fn bare_item(self, item: Bare<'t>) -> Result<impl ParameterVisitor<'t, Out = ()>, Infallible> {
        self.item = item;
        Ok(Kept(&mut self.parameters))
    }
}

struct Kept<'m, 't>(&'m mut Parameters<'t>);

impl<'t> ParameterVisitor<'t> for Kept<'_, 't> {
    type Out = ();
    type Error = Infallible;

    fn parameter(&mut self, key: &'t KeyRef, value: Bare<'t>) -> Result<(), Infallible> {
        self.0.push((key.as_str(), value));
        Ok(())
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}
