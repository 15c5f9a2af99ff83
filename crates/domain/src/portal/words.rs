//! What the recipient reads, in the languages of the mails. The words address nobody, so one form serves every shop.

use crate::language::Language;

/// The words of one language. `{shop}` stands for the shop's name.
#[derive(Debug)]
pub(super) struct Words {
    /// The language's tag.
    pub(super) lang: &'static str,
    /// Before the button is pressed.
    pub(super) ask_title: &'static str,
    pub(super) ask_text: &'static str,
    pub(super) button: &'static str,
    /// After it was pressed.
    pub(super) done_title: &'static str,
    pub(super) done_text: &'static str,
    /// When the link opens nothing.
    pub(super) bad_title: &'static str,
    pub(super) bad_text: &'static str,
    /// When something does not work right now.
    pub(super) later_title: &'static str,
    pub(super) later_text: &'static str,
}

impl Words {
    /// The words of a language, English where there are none.
    pub(super) fn of(language: Option<Language>) -> &'static Self {
        language.and_then(Self::find).unwrap_or(&ENGLISH)
    }

    /// Whether there are words in a language.
    pub(super) fn has(language: Language) -> bool {
        Self::find(language).is_some()
    }

    fn find(language: Language) -> Option<&'static Self> {
        ALL.iter().chain([&ENGLISH]).find(|words| words.lang == language.as_str())
    }
}

static ALL: [Words; 4] = [
    Words {
        lang: "de",
        ask_title: "Keine Mails mehr von {shop}?",
        ask_text: "Ein Klick genügt. Danach kommen keine Mails dieser Art mehr.",
        button: "Abmelden",
        done_title: "Abgemeldet",
        done_text: "Es kommen keine Mails dieser Art mehr. Nachrichten zu laufenden Bestellungen sind davon nicht berührt.",
        bad_title: "Dieser Link lässt sich nicht öffnen",
        bad_text: "Vielleicht wurde er unterwegs gekürzt. Eine kurze Antwort auf die Mail genügt, dann endet der Versand ebenso.",
        later_title: "Das hat gerade nicht geklappt",
        later_text: "Bitte in ein paar Minuten noch einmal versuchen. Eine kurze Antwort auf die Mail genügt ebenso.",
    },
    Words {
        lang: "fr",
        ask_title: "Ne plus recevoir d’e-mails de {shop} ?",
        ask_text: "Un clic suffit. Ensuite, plus aucun e-mail de ce type ne sera envoyé.",
        button: "Se désabonner",
        done_title: "Désabonnement enregistré",
        done_text: "Plus aucun e-mail de ce type ne sera envoyé. Les messages concernant des commandes en cours ne sont pas touchés.",
        bad_title: "Ce lien ne s’ouvre pas",
        bad_text: "Il a peut-être été coupé en chemin. Une brève réponse à l’e-mail suffit, l’envoi prendra fin également.",
        later_title: "Cela n’a pas fonctionné",
        later_text: "Veuillez réessayer dans quelques minutes. Une brève réponse à l’e-mail suffit également.",
    },
    Words {
        lang: "it",
        ask_title: "Non ricevere più e-mail da {shop}?",
        ask_text: "Basta un clic. Dopo non arriveranno più e-mail di questo tipo.",
        button: "Annulla l’iscrizione",
        done_title: "Iscrizione annullata",
        done_text: "Non arriveranno più e-mail di questo tipo. I messaggi sugli ordini in corso non cambiano.",
        bad_title: "Questo link non si apre",
        bad_text: "Forse è stato troncato. Basta una breve risposta all’e-mail e l’invio terminerà ugualmente.",
        later_title: "Non ha funzionato",
        later_text: "Riprovare tra qualche minuto. Basta anche una breve risposta all’e-mail.",
    },
    Words {
        lang: "es",
        ask_title: "¿No recibir más correos de {shop}?",
        ask_text: "Basta un clic. Después no llegarán más correos de este tipo.",
        button: "Darse de baja",
        done_title: "Baja registrada",
        done_text: "No llegarán más correos de este tipo. Los mensajes sobre pedidos en curso no cambian.",
        bad_title: "Este enlace no se abre",
        bad_text: "Quizá se cortó por el camino. Basta una breve respuesta al correo y el envío terminará igualmente.",
        later_title: "No ha funcionado",
        later_text: "Conviene intentarlo de nuevo en unos minutos. También basta una breve respuesta al correo.",
    },
];

static ENGLISH: Words = Words {
    lang: "en",
    ask_title: "No more mails from {shop}?",
    ask_text: "One click is enough. After that, no more mails of this kind will come.",
    button: "Unsubscribe",
    done_title: "Unsubscribed",
    done_text: "No more mails of this kind will come. Messages about current orders are not affected.",
    bad_title: "This link does not open",
    bad_text: "It may have been cut off on its way. A short reply to the mail is enough, and the mails will end as well.",
    later_title: "This did not work",
    later_text: "Please try again in a few minutes. A short reply to the mail is enough as well.",
};
