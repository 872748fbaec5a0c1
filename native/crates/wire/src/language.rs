//! The language a peer says it is written in (`LanguageCode`).

macro_rules! languages {
    ($($variant:ident = $code:literal $name:literal,)*) => {
        /// A peer's language: a name in JSON headers, a number in binary ones.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Language {
            $(#[doc = concat!("`", $name, "` on the wire.")] $variant = $code,)*
        }

        impl Language {
            /// Every language of the protocol, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number of binary headers.
            #[must_use]
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The name of JSON headers.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Reads a number; one that is not assigned is [`Language::Other`].
            #[must_use]
            pub const fn from_code(code: u8) -> Self {
                match code { $($code => Self::$variant,)* _ => Self::Other }
            }

            /// Reads a name; one that is not assigned is [`Language::Other`].
            #[must_use]
            pub fn from_name(name: &str) -> Self {
                match name { $($name => Self::$variant,)* _ => Self::Other }
            }
        }
    };
}

impl Default for Language {
    /// What `RemotingCommand` assumes for a header without a language.
    fn default() -> Self {
        Self::Java
    }
}

languages! {
    Java = 0 "JAVA",
    Cpp = 1 "CPP",
    Dotnet = 2 "DOTNET",
    Python = 3 "PYTHON",
    Delphi = 4 "DELPHI",
    Erlang = 5 "ERLANG",
    Ruby = 6 "RUBY",
    Other = 7 "OTHER",
    Http = 8 "HTTP",
    Go = 9 "GO",
    Php = 10 "PHP",
    Oms = 11 "OMS",
    Rust = 12 "RUST",
    NodeJs = 13 "NODE_JS",
}
