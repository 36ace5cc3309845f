"""Everything that can be set, read once at start-up from the environment and `.env`; `.env.example` lists it all."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from workers.environment import ENV_FILE, env_file, environment
from workers.settings_problems import Described, InvalidSettings, doubled, lacking, misspelt, sentences
from workers.settings_values import (
    ApiToken,
    ClockSetting,
    MailSender,
    api_tokens,
    base_url,
    begins,
    clock,
    database_url,
    domain,
    domains,
    host_and_port,
    is_reserved,
    link_secrets,
    mail_sender,
    masked,
    smtp_url,
    verification_key,
)

PREFIX = "PLAYBOOK_"
HOME = Path(".playbook")

Clock = Annotated[ClockSetting, NoDecode, BeforeValidator(clock)]
Tokens = Annotated[tuple[ApiToken, ...], NoDecode, BeforeValidator(api_tokens)]
Sender = Annotated[MailSender, NoDecode, BeforeValidator(mail_sender)]
PublicKey = Annotated[str, AfterValidator(verification_key)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(link_secrets)]
Domain = Annotated[str, AfterValidator(domain)]
Domains = Annotated[frozenset[str], NoDecode, BeforeValidator(domains)]
MailServer = Annotated[SecretStr, AfterValidator(smtp_url)]
Database = Annotated[str, AfterValidator(database_url)]
BaseUrl = Annotated[str, AfterValidator(base_url)]
Address = Annotated[str, AfterValidator(host_and_port)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """A description completes the sentence "It must be …", its example "for example …"."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    workspace: Path = Field(
        Path("playbooks"), description="the folder of the vocabulary and the playbooks", examples=["./playbooks"]
    )
    database_url: Database = Field(
        f"sqlite:///{HOME}/playbook.db",
        repr=False,  # it may hold a password
        description="the address of a SQLite file or a PostgreSQL database",
        examples=["postgresql://user:password@host/playbooks"],
    )
    clock: Clock = Field(
        ClockSetting(),
        description="'real', or 'scaled:' with the seconds that pass in one real second, and from which instant on",
        examples=["scaled:86400@2024-01-01T00:00:00Z"],
    )
    api_tokens: Tokens = Field(
        (),
        description="name:token:scopes, several with commas between, scopes of read, facts, operate joined by +",
        examples=["crm:a-long-random-token:facts+read"],
    )
    http_host: str = Field("127.0.0.1", description="the address to listen on", examples=["0.0.0.0"])  # noqa: S104
    http_port: Port = Field(8080, description="a port from 1 to 65535, or 0 for any free one", examples=["8080"])
    task_queue: str = Field("playbooks", min_length=1, description="a name for the task queue", examples=["playbooks"])
    sandbox: bool = Field(
        default=False,
        description="true or false: whether workflows run in Temporal's sandbox (slower, finds faults)",
        examples=["true"],
    )
    continue_as_new_after: int = Field(
        80,
        ge=1,
        description="a number of history events above 0, after which a run's workflow is renewed",
        examples=["80"],
    )
    webhooks: bool = Field(
        default=True,
        description="true or false: whether webhooks are posted to policy's addresses, or kept in the local outbox",
        examples=["false"],
    )
    mail_from: Sender | None = Field(
        None, description="the sender of all mail", examples=["Customer Success <success@example.com>"]
    )
    mail_domains: Domains | None = Field(
        None,
        description="the domains whose colleagues write as themselves, with commas between, or none",
        examples=["example.com,example.de"],
    )
    mail_per_second: float | None = Field(
        None,
        gt=0,
        le=1_000,
        description="a number above 0, up to 1000: how many mails a second the provider of mail takes from us",
        examples=["10"],
    )
    smtp_url: MailServer | None = Field(
        None,
        description="smtp:// or smtps:// with user and password, host and port of a mail server",
        examples=["smtp://user:password@mail.example.com:587"],
    )
    public_url: BaseUrl | None = Field(
        None, description="the web address at which customers reach this program", examples=["https://cs.example.com"]
    )
    inbound_domain: Domain | None = Field(
        None, description="the domain whose mail comes in by Inbound Parse", examples=["reply.example.com"]
    )
    link_secret: Secrets = Field(
        (),
        description="a long random text; former ones stay behind it with commas between, so that old mails go on",
        examples=["what `openssl rand -hex 32` prints"],
    )

    temporal_address: Address | None = Field(
        None,
        validation_alias="TEMPORAL_ADDRESS",
        description="host:port of a Temporal server (without it, one is run for you)",
        examples=["localhost:7233"],
    )
    temporal_namespace: str = Field(
        "default",
        validation_alias="TEMPORAL_NAMESPACE",
        min_length=1,
        description="the name of a namespace",
        examples=["default"],
    )
    temporal_cli: FilePath | None = Field(
        None,
        validation_alias="TEMPORAL_CLI",
        description="the path of a temporal binary",
        examples=["/usr/local/bin/temporal"],
    )
    temporal_api_key: SecretStr | None = Field(
        None,
        validation_alias="TEMPORAL_API_KEY",
        description="an API key of Temporal Cloud",
        examples=["one from its Settings page"],
    )
    temporal_tls: bool = Field(
        default=False, validation_alias="TEMPORAL_TLS", description="true or false", examples=["true"]
    )
    temporal_tls_client_cert_path: FilePath | None = Field(
        None,
        validation_alias="TEMPORAL_TLS_CLIENT_CERT_PATH",
        description="a file that is there: our certificate",
        examples=["client.pem"],
    )
    temporal_tls_client_key_path: FilePath | None = Field(
        None,
        validation_alias="TEMPORAL_TLS_CLIENT_KEY_PATH",
        description="a file that is there: the key of our certificate",
        examples=["client.key"],
    )
    temporal_tls_server_ca_cert_path: FilePath | None = Field(
        None,
        validation_alias="TEMPORAL_TLS_SERVER_CA_CERT_PATH",
        description="a file that is there: who vouches for the server",
        examples=["ca.pem"],
    )
    temporal_tls_server_name: str | None = Field(
        None,
        validation_alias="TEMPORAL_TLS_SERVER_NAME",
        description="the name in the server's certificate",
        examples=["temporal.example.com"],
    )

    sendgrid_api_key: SecretStr | None = Field(
        None,
        validation_alias="SENDGRID_API_KEY",
        description="a SendGrid API key",
        examples=["one from its Settings page"],
    )
    sendgrid_host: BaseUrl = Field(
        "https://api.sendgrid.com",
        validation_alias="SENDGRID_HOST",
        description="a web address",
        examples=["https://api.sendgrid.com"],
    )
    sendgrid_event_key: PublicKey | None = Field(
        None,
        validation_alias="SENDGRID_EVENT_KEY",
        description="the verification key of SendGrid's Event Webhook",
        examples=["what Settings > Mail Settings > Event Webhooks shows"],
    )
    sendgrid_inbound_key: PublicKey | None = Field(
        None,
        validation_alias="SENDGRID_INBOUND_KEY",
        description="the public key of the security policy of SendGrid's Inbound Parse",
        examples=["what the policy's `signature` holds"],
    )
    sendgrid_sandbox: bool = Field(
        default=False,
        validation_alias="SENDGRID_SANDBOX",
        description="true or false: whether SendGrid checks mails and delivers none",
        examples=["true"],
    )
    sendgrid_ip_pool: str | None = Field(
        None,
        validation_alias="SENDGRID_IP_POOL",
        description="the name of an IP pool of your SendGrid account",
        examples=["customers"],
    )
    slack_bot_token: Annotated[SecretStr, AfterValidator(begins("xoxb-"))] | None = Field(
        None,
        validation_alias="SLACK_BOT_TOKEN",
        description="a bot token, which begins with xoxb-",
        examples=["one from the app's OAuth page"],
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        validation_alias="SLACK_SIGNING_SECRET",
        description="the app's signing secret",
        examples=["the one from its Basic Information page"],
    )
    slack_app_token: Annotated[SecretStr, AfterValidator(begins("xapp-"))] | None = Field(
        None,
        validation_alias="SLACK_APP_TOKEN",
        description="an app-level token, which begins with xapp-",
        examples=["one from the app's Basic Information page"],
    )
    slack_api_url: BaseUrl = Field(
        "https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="a web address",
        examples=["https://slack.com/api/"],
    )

    @property
    def home(self) -> Path:
        """The folder of what lives on this machine: the SQLite file, Temporal's file, logs."""
        if self.database_url.startswith("sqlite:///") and not self.database_url.endswith(":memory:"):
            return Path(self.database_url.removeprefix("sqlite:///").partition("?")[0]).parent
        return HOME

    def make_home(self) -> Path:
        self.home.mkdir(parents=True, exist_ok=True)
        return self.home

    @property
    def database_shown(self) -> str:
        """The database's address without its password."""
        return masked(self.database_url)


def load_settings() -> Settings:
    """From the environment over `.env`. Raises InvalidSettings with every problem at once."""
    problems: list[str] = []
    settings = None
    try:
        settings = Settings()
    except ValidationError as wrong:
        problems += sentences(wrong, DESCRIBED | {setting.name: setting for setting in DESCRIBED.values()})
    problems += [*lacking(environment()), *doubled(environment())]
    problems += unsendable(settings) if settings else ()
    problems += misspelt(os.environ, env_file(), (setting.name for setting in DESCRIBED.values()))
    if problems or settings is None:
        raise InvalidSettings(problems)
    return settings


def unsendable(settings: Settings) -> Iterator[str]:
    """A sender that no provider of mail lets through; a stand-in for one does."""
    sender, provider = settings.mail_from, settings.sendgrid_host
    own = provider == Settings.model_fields["sendgrid_host"].default
    if sender and settings.sendgrid_api_key and own and is_reserved(sender.address):
        yield (
            f"PLAYBOOK_MAIL_FROM={sender.address} is at a name that nobody can own, and SENDGRID_API_KEY is set: "
            "SendGrid sends for addresses that it has verified only. Set one of your own, or leave the key out."
        )


def _described(field: str, info: FieldInfo) -> Described:
    name = info.validation_alias if isinstance(info.validation_alias, str) else f"{PREFIX}{field.upper()}"
    secret = "SecretStr" in str(info.annotation) or field in {"database_url", "api_tokens"}
    return Described(name, info.description or "", str((info.examples or [""])[0]), secret)


DESCRIBED = {field: _described(field, info) for field, info in Settings.model_fields.items()}
