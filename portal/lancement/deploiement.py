"""A static reading of docker-compose.yml, Dockerfile, nginx.conf and the systemd units. Nothing is started."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from portal.lancement.chemins import RACINE

SERVICES = {"db", "valkey", "web", "worker", "relais", "nginx", "migrate"}
DUREE = {"type": "string", "pattern": r"^\d+(s|m)$"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["services", "volumes"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "anyOf": [{"required": ["image"]}, {"required": ["build"]}],
                "required": ["restart", "security_opt"],
                "properties": {
                    "image": {"type": "string"},
                    "build": {"type": "object", "required": ["context", "dockerfile"]},
                    "command": {"type": ["string", "array"]},
                    "environment": {"type": "object"},
                    "env_file": {"type": "array", "items": {"type": "string"}},
                    "depends_on": {"type": "object"},
                    "volumes": {"type": "array", "items": {"type": "string", "pattern": "^[^:]+:/[^:]+(:ro)?$"}},
                    "ports": {"type": "array", "items": {"type": "string", "pattern": r"^[\w.${}:-]+$"}},
                    "tmpfs": {"type": "array", "items": {"type": "string"}},
                    "healthcheck": {
                        "type": "object",
                        "required": ["test", "interval", "timeout", "retries"],
                        "additionalProperties": False,
                        "properties": {
                            "test": {"type": "array"},
                            "interval": DUREE,
                            "timeout": DUREE,
                            "start_period": DUREE,
                            "retries": {"type": "integer"},
                        },
                    },
                    "read_only": {"type": "boolean"},
                    "user": {"type": "string"},
                    "init": {"type": "boolean"},
                    "stop_grace_period": DUREE,
                    "security_opt": {"type": "array", "contains": {"const": "no-new-privileges:true"}},
                    "cap_drop": {"type": "array"},
                    "shm_size": {"type": "string"},
                    "restart": {"enum": ["unless-stopped", "always", "no", "on-failure"]},
                },
            },
        },
        "volumes": {"type": "object"},
    },
}
ETIQUETTE = re.compile(r"^[a-z0-9./_-]+:\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$")
DIRECTIVES = ("client_max_body_size", "proxy_set_header X-Forwarded-Proto", "limit_req_zone", "server_tokens off")
UNITES = ("maillage-web.service", "maillage-worker.service", "maillage-relais.service")
# The site and the relay own no table (docs/adr/0100).
ROLES = {"web": "maillage_web", "relais": "maillage_web"}
REGLES_UNITE = ("NoNewPrivileges=yes", "ProtectSystem=strict", "EnvironmentFile=", "Restart=", "User=")


def check_compose(texte: str) -> Iterator[str]:
    """Faults of the compose file: its form, its services, the version of each image, what is open to the outside."""
    try:
        lu = yaml.safe_load(texte)
    except yaml.YAMLError as erreur:
        yield f"docker-compose.yml : YAML illisible ({erreur})"
        return
    for faute in sorted(jsonschema.Draft202012Validator(SCHEMA).iter_errors(lu), key=lambda f: list(map(str, f.path))):
        yield f"docker-compose.yml : {'/'.join(map(str, faute.path))} : {faute.message}"
    services = lu.get("services") if isinstance(lu, dict) else None
    if not isinstance(services, dict):
        return
    if set(services) != SERVICES:
        yield f"docker-compose.yml : services attendus {sorted(SERVICES)}, lus {sorted(services)}"
    construites = {
        service.get("image") for service in services.values() if isinstance(service, dict) and "build" in service
    }
    for nom, service in services.items():
        if not isinstance(service, dict):
            continue
        image = service.get("image", "")
        if image and image not in construites and not ETIQUETTE.match(image):
            yield f"docker-compose.yml : {nom} : image sans version exacte ({image})"
        if nom != "nginx" and service.get("ports"):
            yield f"docker-compose.yml : {nom} : seul nginx ouvre un port"
        if nom in ROLES and (service.get("environment") or {}).get("MAILLAGE_ROLE") != ROLES[nom]:
            yield f"docker-compose.yml : {nom} : il manque MAILLAGE_ROLE={ROLES[nom]}"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if not source.startswith(".") and source not in (lu.get("volumes") or {}):
                yield f"docker-compose.yml : {nom} : volume non déclaré ({source})"
        for autre in service.get("depends_on", {}):
            if autre not in services:
                yield f"docker-compose.yml : {nom} : dépend d'un service absent ({autre})"


def check_nginx(texte: str) -> Iterator[str]:
    """Balanced blocks, ended directives, and the four settings that the portal counts on."""
    sans_notes = re.sub(r"#.*", "", texte)
    if sans_notes.count("{") != sans_notes.count("}"):
        yield "nginx.conf : accolades non équilibrées"
    for numero, ligne in enumerate(texte.splitlines(), 1):
        utile = re.sub(r"#.*", "", ligne).strip()
        if utile and not utile.endswith((";", "{", "}")):
            yield f"nginx.conf : ligne {numero} sans fin de directive"
    for directive in DIRECTIVES:
        if directive not in sans_notes:
            yield f"nginx.conf : il manque « {directive} »"


def check_dockerfile(texte: str) -> Iterator[str]:
    for image in re.findall(r"^FROM\s+(\S+)", texte, re.MULTILINE):
        if not ETIQUETTE.match(image) and f"AS {image}" not in texte:
            yield f"Dockerfile : image sans version exacte ({image})"
    if not re.search(r"^USER\s+(?!root|0\b)\S+", texte, re.MULTILINE):
        yield "Dockerfile : le programme ne doit pas tourner en administrateur (USER)"
    if "--require-hashes" not in texte:
        yield "Dockerfile : les paquets s'installent par leurs empreintes (--require-hashes)"


def check_units(dossier: Path) -> Iterator[str]:
    for nom in UNITES:
        fichier = dossier / nom
        if not fichier.exists():
            yield f"systemd : il manque {nom}"
            continue
        texte = fichier.read_text()
        role = ROLES.get(nom.removeprefix("maillage-").removesuffix(".service"))
        for regle in (*REGLES_UNITE, *([f"MAILLAGE_ROLE={role}"] if role else [])):
            if regle not in texte:
                yield f"systemd : {nom} : il manque « {regle} »"


def check_deployment(racine: Path = RACINE) -> Iterator[str]:
    """One French line for each fault."""
    lecteurs = {
        "docker-compose.yml": check_compose,
        "deploy/nginx.conf": check_nginx,
        "deploy/Dockerfile": check_dockerfile,
    }
    for nom, lecteur in lecteurs.items():
        fichier = racine / nom
        if fichier.exists():
            yield from lecteur(fichier.read_text())
        else:
            yield f"{nom} : fichier absent"
    yield from check_units(racine / "deploy" / "systemd")
