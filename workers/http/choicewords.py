"""The words of the pages on which customers choose what they get, in the languages that mails have them in."""

from dataclasses import dataclass
from typing import Final

from activities.mail.words import base


@dataclass(frozen=True, slots=True)
class Words:
    """`topic` and `gone` have a place for the title of a topic; `gone` and others for the address."""

    unsubscribe: str
    asked: str
    topic: str
    everything: str
    left: str
    gone: str
    nothing: str
    essential: str
    undo: str
    undone: str
    preferences: str
    chosen: str
    save: str
    saved: str
    none: str
    unknown: str
    nobody: str
    bounced: str
    complained: str


WORDS: Final = {
    "en": Words(
        unsubscribe="Unsubscribe",
        asked="Which mail to {address} do you no longer want?",
        topic="No more mail about “{topic}”",
        everything="No more mail at all",
        left="Done: {address} gets no more of this mail.",
        gone="{address} gets no more mail about “{topic}”.",
        nothing="{address} gets no more mail from us.",
        essential="What your contract needs, such as invoices, still comes.",
        undo="Undo",
        undone="Done: {address} gets again what it got before.",
        preferences="Choose what you get",
        chosen="What {address} gets",
        save="Save",
        saved="Saved.",
        none="Take away every mark to get no more mail at all.",
        unknown="This link is not valid. Please use the newest mail that you have from us, or answer it.",
        nobody="We have nothing of you any more, so nothing is sent to you.",
        bounced=(
            "Mail to {address} came back, so nothing is sent there. "
            "To get mail again, write to us from an address that works."
        ),
        complained=(
            "You reported a mail of ours as unwanted, so nothing is sent to {address}. "
            "What you mark here and save comes again."
        ),
    ),
    "de": Words(
        unsubscribe="Abbestellen",
        asked="Welche E-Mails an {address} möchten Sie nicht mehr erhalten?",
        topic="Keine E-Mails mehr zu „{topic}“",
        everything="Gar keine E-Mails mehr",
        left="Erledigt: {address} erhält diese E-Mails nicht mehr.",
        gone="{address} erhält keine E-Mails mehr zu „{topic}“.",
        nothing="{address} erhält keine E-Mails mehr von uns.",
        essential="Was Ihr Vertrag verlangt, etwa Rechnungen, kommt weiterhin.",
        undo="Rückgängig machen",
        undone="Erledigt: {address} erhält wieder, was vorher kam.",
        preferences="Auswählen, was Sie erhalten",
        chosen="Was {address} erhält",
        save="Speichern",
        saved="Gespeichert.",
        none="Ohne ein einziges Häkchen erhalten Sie gar keine E-Mails mehr.",
        unknown="Dieser Link ist ungültig. Bitte nehmen Sie die neueste E-Mail von uns, oder antworten Sie darauf.",
        nobody="Wir haben nichts mehr von Ihnen gespeichert und senden Ihnen deshalb nichts.",
        bounced=(
            "E-Mails an {address} kamen zurück, deshalb senden wir nichts mehr dorthin. "
            "Schreiben Sie uns von einer Adresse, die funktioniert, um wieder welche zu erhalten."
        ),
        complained=(
            "Sie haben eine E-Mail von uns als unerwünscht gemeldet, deshalb senden wir nichts an {address}. "
            "Was Sie hier ankreuzen und speichern, kommt wieder."
        ),
    ),
    "fr": Words(
        unsubscribe="Se désabonner",
        asked="Quels messages à {address} ne voulez-vous plus recevoir ?",
        topic="Plus de messages sur « {topic} »",
        everything="Plus aucun message",
        left="C'est fait : {address} ne recevra plus ces messages.",
        gone="{address} ne reçoit plus de messages sur « {topic} ».",
        nothing="{address} ne reçoit plus de messages de notre part.",
        essential="Ce que votre contrat exige, comme les factures, arrive toujours.",
        undo="Annuler",
        undone="C'est fait : {address} reçoit de nouveau ce qui arrivait avant.",
        preferences="Choisir ce que vous recevez",
        chosen="Ce que reçoit {address}",
        save="Enregistrer",
        saved="Enregistré.",
        none="Décochez tout pour ne plus recevoir aucun message.",
        unknown="Ce lien n'est pas valable. Utilisez notre message le plus récent, ou répondez-y.",
        nobody="Nous ne conservons plus rien de vous, donc rien ne vous est envoyé.",
        bounced=(
            "Les messages à {address} nous sont revenus : plus rien n'y est envoyé. "
            "Pour en recevoir de nouveau, écrivez-nous depuis une adresse qui fonctionne."
        ),
        complained=(
            "Vous avez signalé un de nos messages comme indésirable : plus rien n'est envoyé à {address}. "
            "Ce que vous cochez et enregistrez ici arrivera de nouveau."
        ),
    ),
    "es": Words(
        unsubscribe="Darse de baja",
        asked="¿Qué mensajes a {address} ya no quiere recibir?",
        topic="No más mensajes sobre «{topic}»",
        everything="Ningún mensaje más",
        left="Hecho: {address} ya no recibirá estos mensajes.",
        gone="{address} ya no recibe mensajes sobre «{topic}».",
        nothing="{address} ya no recibe mensajes nuestros.",
        essential="Lo que exige su contrato, como las facturas, sigue llegando.",
        undo="Deshacer",
        undone="Hecho: {address} vuelve a recibir lo que recibía antes.",
        preferences="Elegir lo que recibe",
        chosen="Lo que recibe {address}",
        save="Guardar",
        saved="Guardado.",
        none="Quite todas las marcas para no recibir ningún mensaje más.",
        unknown="Este enlace no es válido. Use nuestro mensaje más reciente o respóndalo.",
        nobody="Ya no guardamos nada suyo, así que no se le envía nada.",
        bounced=(
            "Los mensajes a {address} nos fueron devueltos, así que ya no se envía nada allí. "
            "Para recibirlos de nuevo, escríbanos desde una dirección que funcione."
        ),
        complained=(
            "Usted marcó un mensaje nuestro como no deseado, así que no se envía nada a {address}. "
            "Lo que marque y guarde aquí volverá a llegar."
        ),
    ),
    "nl": Words(
        unsubscribe="Afmelden",
        asked="Welke e-mails aan {address} wilt u niet meer krijgen?",
        topic="Geen e-mails meer over “{topic}”",
        everything="Helemaal geen e-mails meer",
        left="Klaar: {address} krijgt deze e-mails niet meer.",
        gone="{address} krijgt geen e-mails meer over “{topic}”.",
        nothing="{address} krijgt geen e-mails meer van ons.",
        essential="Wat uw contract vereist, zoals facturen, komt nog steeds.",
        undo="Ongedaan maken",
        undone="Klaar: {address} krijgt weer wat er eerder kwam.",
        preferences="Kiezen wat u krijgt",
        chosen="Wat {address} krijgt",
        save="Opslaan",
        saved="Opgeslagen.",
        none="Haal elk vinkje weg om helemaal geen e-mails meer te krijgen.",
        unknown="Deze link is niet geldig. Gebruik onze nieuwste e-mail, of beantwoord die.",
        nobody="We bewaren niets meer van u, dus er wordt u niets gestuurd.",
        bounced=(
            "E-mails aan {address} kwamen terug, dus daar wordt niets meer naartoe gestuurd. "
            "Schrijf ons vanaf een adres dat werkt om ze weer te krijgen."
        ),
        complained=(
            "U hebt een e-mail van ons als ongewenst gemeld, dus er wordt niets naar {address} gestuurd. "
            "Wat u hier aanvinkt en opslaat, komt weer."
        ),
    ),
}


def words_in(language: str) -> Words:
    """In the language in which a mail to the same reader has its words."""
    return WORDS[base(language)]
