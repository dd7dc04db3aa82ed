from __future__ import annotations

import pytest

from service.domain.findings import FindingCode
from tests.unit.domain.rules.plans import action, found_in

ERROR, YEAR, ONLY, MONTHS = (
    FindingCode.QUARTER_001,
    FindingCode.QUARTER_002,
    FindingCode.QUARTER_003,
    FindingCode.QUARTER_004,
)

# Sentences of a report on the third quarter of 2024 that say nothing wrong, or nothing that anybody could tell.
SOUND = [
    "Durante el tercer trimestre de 2024, se realizaron 3 mesas técnicas con los municipios.",
    "Durante el tercer trimestre del 2024 se firmó el convenio con la Agencia.",
    "Durante el tercer trimestre de la vigencia 2024, se avanzó en la formulación.",
    "En el III trimestre de 2024 se contrató el diseño del sistema de información.",
    "III TRIMESTRE 2024: se entregaron los documentos de diagnóstico a las dependencias.",
    "En el 3.er trimestre se revisaron los criterios de la convocatoria con los socios.",
    "En el 3er trimestre de 2024 se revisaron los criterios de la convocatoria.",
    "Durante el 3° trimestre se adelantó la etapa precontractual del operador.",
    "Avance T3: se publicaron comunicados de prensa y campañas para redes sociales.",
    "Durante T3-2024 se publicaron 12 comunicados de prensa en la página de la entidad.",
    "Durante el trimestre 3 se publicaron los documentos en la página de la entidad.",
    "A corte de septiembre se han realizado 10 actividades de capacitación y 3 están en proceso.",
    "Con corte al 30 de septiembre de 2024 se ejecutó la mitad de los recursos.",
    "Al cierre de septiembre se cuenta con el documento final revisado por la dirección.",
    "Se adjudicó el contrato del espacio programado para el último trimestre de la vigencia 2024.",
    "Durante el tercer trimestre de 2024 se adjudicó el contrato; el evento está previsto para el cuarto trimestre.",
    "Se contrató la logística del encuentro que se realizará en el cuarto trimestre de 2024.",
    "Se espera terminar la consultoría en el IV trimestre, según el cronograma aprobado por las partes.",
    "Se entregó el informe de seguimiento del segundo trimestre a la oficina de control interno.",
    "Se consolidó el reporte del II trimestre y se publicó en la página de la entidad.",
    "Durante el tercer trimestre se ejecutó el contrato adjudicado en el segundo trimestre de 2024.",
    "En el segundo trimestre se contrató el estudio. En el tercer trimestre se recibió el primer producto.",
    "Durante el primer, segundo y tercer trimestre de 2024 se atendieron todas las solicitudes.",
    "Del primer al tercer trimestre de 2024 se atendieron 40 solicitudes de los municipios.",
    "En los trimestres II y III se adelantaron las mesas técnicas con los municipios socios.",
    "Entre enero y septiembre se capacitaron 40 personas del equipo técnico de la región.",
    "De enero a septiembre de 2024 se capacitaron 40 personas del equipo técnico.",
    "Desde marzo se viene construyendo la propuesta con los municipios, que fue revisada en agosto.",
    "Durante julio, agosto y septiembre se realizaron seis talleres con la comunidad.",
    "Se adoptó la política según el Decreto 612 del 4 de abril de 2018 y el acuerdo regional.",
    "Se aplicó la Resolución 123 del 15 de mayo de 2024 en todos los procesos de contratación.",
    "Se realizó el taller en el barrio Veinte de Julio y en el parque Primero de Mayo de Soacha.",
    "El evento se realizará en octubre, una vez se adjudique el contrato del operador logístico.",
    "Durante el último trimestre se avanzó en la consolidación de las fichas de los indicadores.",
    "En el próximo trimestre se presentará la propuesta al Consejo Regional para su aprobación.",
    "Se revisaron los informes de cada cuatrimestre y el plan de cada semestre de la entidad.",
    "Durante el segundo semestre de 2024 se ajustó el cronograma con los municipios socios.",
    "Se realizó el seguimiento trimestral al plan con todas las dependencias de la entidad.",
    "En la mayoría de los municipios se socializó la propuesta con las comunidades.",
    "Se reprogramó para el IV trimestre la socialización con los municipios, por solicitud de ellos.",
]

# The same kind of sentences where the text was left from another report, or tells of another time.
WRONG = [
    ("Durante el segundo trimestre de 2024, se realizaron 3 mesas técnicas.", ERROR),
    ("Durante el primer trimestre se realizaron 3 mesas técnicas con los municipios.", ERROR),
    ("En el cuarto trimestre de 2024 se firmó el convenio con la Agencia.", ERROR),
    ("En el II trimestre de 2024 se contrató el diseño del sistema.", ERROR),
    ("II TRIMESTRE 2024: se entregaron los documentos de diagnóstico.", ERROR),
    ("Avance del segundo trimestre: se entregaron los documentos de diagnóstico.", ERROR),
    ("En el 2do trimestre se revisaron los criterios de la convocatoria.", ERROR),
    ("En el 1.er trimestre de 2024 se revisaron los criterios de la convocatoria.", ERROR),
    ("Durante T2 se publicaron 12 comunicados de prensa en la página.", ERROR),
    ("Durante el trimestre 2 se publicaron los documentos en la página.", ERROR),
    ("A corte de junio se han realizado 10 actividades de capacitación.", ERROR),
    ("Con corte al 30 de junio de 2024 se ejecutó la mitad de los recursos.", ERROR),
    ("Durante el último trimestre de 2024 se realizó el espacio de participación.", ERROR),
    ("Durante el segundo trimestre se avanzó. Para el tercer trimestre se tiene programada la entrega.", ERROR),
    ("Durante el primer y segundo trimestre se atendieron las solicitudes.", ERROR),
    ("Durante el tercer trimestre de 2023, se realizaron 3 mesas técnicas.", YEAR),
    ("En el III trimestre de 2025 se contrató el diseño del sistema.", YEAR),
    ("Se firmó el convenio, y fue publicado en el segundo trimestre de 2024.", ONLY),
    ("Durante el primer semestre de 2024 se ajustó el cronograma con los socios.", ONLY),
    ("Durante el tercer trimestre de 2024, en mayo, se realizó la primera mesa.", MONTHS),
    ("Se realizaron mesas técnicas con los municipios en abril y en junio.", MONTHS),
    ("El 14 de febrero de 2024 se aprobó el reglamento en la sesión del Consejo.", MONTHS),
]


def codes_of(text: str, quarter: int = 3) -> set[FindingCode]:
    found = found_in(action(qualitative_progress=text), quarter=quarter)
    return {finding.code for finding in found if finding.code.name.startswith("QUARTER")}


@pytest.mark.parametrize("text", SOUND)
def test_a_text_about_the_quarter_of_the_report_raises_no_alarm(text: str) -> None:
    assert codes_of(text) == set()


@pytest.mark.parametrize(("text", "code"), WRONG)
def test_a_text_about_another_period_is_told(text: str, code: FindingCode) -> None:
    assert code in codes_of(text)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Durante el segundo trimestre de 2024, se avanzó.", "Durante el tercer trimestre de 2024, se avanzó."),
        ("II TRIMESTRE 2024: se avanzó en el plan.", "III TRIMESTRE 2024: se avanzó en el plan."),
        ("Durante el Segundo trimestre de 2023 se avanzó.", "Durante el Tercer trimestre de 2024 se avanzó."),
        ("Durante el tercer trimestre de 2023, se avanzó.", "Durante el tercer trimestre de 2024, se avanzó."),
        ("A corte de junio se han realizado 10 actividades.", None),
    ],
)
def test_what_is_plainly_another_quarter_comes_with_the_text_to_write(text: str, mended: str | None) -> None:
    (finding,) = [
        found
        for found in found_in(action(qualitative_progress=text))
        if found.code in {FindingCode.QUARTER_001, FindingCode.QUARTER_002}
    ]
    assert finding.proposal == mended


def test_the_sentence_names_both_quarters() -> None:
    (finding,) = [
        found
        for found in found_in(
            action(qualitative_progress="Durante el segundo trimestre de 2023 se avanzó en 2 planes.")
        )
        if found.code is FindingCode.QUARTER_001
    ]
    assert finding.message == "El avance habla del II trimestre de 2023 y el informe es del III trimestre."


@pytest.mark.parametrize(
    ("quarter", "text"),
    [
        (1, "Durante el primer trimestre de 2024 se realizaron 3 mesas, en enero y marzo."),
        (2, "En el segundo trimestre de 2024 se realizaron 3 mesas, a corte de junio."),
        (4, "Durante el último trimestre de 2024 se realizaron 3 mesas en diciembre."),
        (4, "Durante el IV trimestre se cumplió la meta: 4 documentos entregados."),
    ],
)
def test_every_quarter_has_its_own_words(quarter: int, text: str) -> None:
    assert codes_of(text, quarter) == set()
    assert codes_of(text, quarter % 4 + 1) != set()
