"""What Folio has to say about a workbook: each finding has a stable code, a place, a reason and what to do.

The catalogue is the one place where the sentences stand. A code is never reused for something else.
It is long because it holds every sentence once: two to a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from service.domain.values import legible


class Severity(StrEnum):
    """`error` blocks the final document; `warning` and `suggestion` do not."""

    ERROR = "error"
    WARNING = "warning"
    SUGGESTION = "suggestion"

    @property
    def weight(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class CellRef:
    """A place in a workbook. `cell` is an A1 address or empty when the finding is about the whole sheet."""

    sheet: str
    cell: str = ""


_SHOWN: Final = 80


class FindingCode(Enum):
    """Every finding: severity, the reason, and what to do. `{value}` and the other names are filled in by `at`."""

    FILE_001 = (
        Severity.ERROR,
        "El archivo está vacío: no tiene ningún byte.",
        "Vuelva a guardar el libro en Excel y súbalo otra vez.",
    )
    FILE_002 = (
        Severity.ERROR,
        "El archivo no es una hoja de cálculo (.xlsx, .xlsm, .xls, .ods o .csv), cualquiera que sea su nombre.",
        "Abra el plan en Excel o LibreOffice, guárdelo como «Libro de Excel (.xlsx)» y súbalo de nuevo.",
    )
    FILE_003 = (
        Severity.ERROR,
        "El libro está protegido con contraseña y no se puede leer.",
        "Ábralo en Excel, quite la contraseña (Archivo, Información, Proteger libro), guárdelo y súbalo de nuevo.",
    )
    # FILE_004 refused every .xls, before they were read; its number stays free.
    FILE_005 = (
        Severity.ERROR,
        "El archivo es {found}, que no es una hoja de cálculo de las que se leen (.xlsx, .xlsm, .xls, .ods o .csv).",
        "Suba el libro que tiene el plan. Una hoja de otro programa se guarda en él como «Libro de Excel (.xlsx)».",
    )
    FILE_006 = (
        Severity.ERROR,
        "El archivo está dañado o incompleto: {reason}.",
        "Ábralo en Excel, acepte la reparación si la ofrece, guárdelo otra vez y suba la copia nueva.",
    )
    FILE_007 = (
        Severity.ERROR,
        "El archivo no se abrió por seguridad: {reason}.",
        "Copie las celdas del plan a un libro nuevo de Excel, guárdelo como .xlsx y suba ese libro.",
    )
    FILE_008 = (
        Severity.ERROR,
        "El libro es demasiado grande para leerlo: {reason}.",
        "Deje en el libro solo la hoja del plan, sin imágenes ni formatos en filas vacías, y súbalo de nuevo.",
    )
    FILE_009 = (
        Severity.ERROR,
        "La lectura del libro se detuvo porque tardaba más de {seconds} segundos.",
        "Deje en el libro solo la hoja del plan, sin formatos en filas vacías, y súbalo de nuevo.",
    )
    FILE_010 = (
        Severity.ERROR,
        "La lectura del libro se interrumpió: pide más memoria de la permitida o está dañado.",
        "Copie las celdas del plan a un libro nuevo de Excel, guárdelo como .xlsx y suba ese libro.",
    )
    FILE_011 = (
        Severity.ERROR,
        "El libro guarda dos valores distintos para la misma celda: el archivo está dañado.",
        "Ábralo en Excel, revise esa celda, guárdelo otra vez y suba la copia nueva.",
    )
    FILE_012 = (
        Severity.SUGGESTION,
        "El libro tiene macros: no se abrieron ni se ejecutaron, solo se leyeron sus celdas.",
        "No tiene que hacer nada. Los documentos que se entregan no llevan macros.",
    )

    TABLE_001 = (
        Severity.ERROR,
        "No se encontró la tabla del plan: ninguna fila tiene encabezados como ACCIÓN, RESPONSABLE, INDICADOR o META.",
        "Revise que la hoja tenga la fila de encabezados del plan de acción y suba el libro de nuevo.",
    )
    TABLE_002 = (
        Severity.ERROR,
        "El libro tiene dos veces la tabla del plan: la hoja «{value}» repite las acciones de la hoja «{first}».",
        "Deje en el libro una sola hoja con esas acciones, u oculte la que no corresponde.",
    )
    TABLE_003 = (
        Severity.ERROR,
        "En esta fila los encabezados se repiten en otras columnas: «{value}» no está donde estaba más arriba.",
        "Ordene las columnas igual en todas las páginas de la hoja.",
    )
    TABLE_004 = (
        Severity.ERROR,
        "La tabla del plan no tiene ninguna acción debajo de los encabezados.",
        "Escriba las acciones debajo de los encabezados, una por fila.",
    )
    TABLE_005 = (
        Severity.WARNING,
        "La hoja oculta «{value}» también tiene una tabla del plan y no se leyó.",
        "Si esa hoja es la que corresponde, muéstrela y oculte la otra.",
    )
    TABLE_006 = (
        Severity.SUGGESTION,
        "Se reunieron en un solo plan las acciones de {count} hojas: {value}.",
        "No tiene que hacer nada si todas son del mismo plan; si alguna no lo es, ocúltela.",
    )
    TABLE_007 = (
        Severity.SUGGESTION,
        "La columna «{value}» está oculta en la hoja; también se leyó.",
        "Si esa columna no debe ir en el informe, bórrela en vez de ocultarla.",
    )
    TABLE_008 = (
        Severity.SUGGESTION,
        "La tabla tiene {count} columnas de avance, una por periodo: para el {quarter} trimestre se leyó «{value}».",
        "Si pidió otro trimestre, indíquelo al subir el libro. Los demás periodos se conservan con cada acción.",
    )
    TABLE_009 = (
        Severity.SUGGESTION,
        "La hoja «{value}» es de otro trimestre y no se leyó: se pidió el {quarter}.",
        "Si pidió otro trimestre, indíquelo al subir el libro.",
    )
    TABLE_010 = (
        Severity.SUGGESTION,
        "La hoja «{value}» no se leyó: su tabla tiene menos columnas que las otras y parece un resumen.",
        "No tiene que hacer nada si es un resumen; si tiene acciones, complete sus columnas.",
    )

    COLUMN_001 = (
        Severity.ERROR,
        "Falta la columna «{column}».",
        "Agregue la columna «{column}» a la tabla o, si existe con otro nombre, indique cuál es.",
    )
    COLUMN_002 = (
        Severity.SUGGESTION,
        "El encabezado «{value}» se tomó como la columna «{column}», por {evidence}.",
        "No tiene que hacer nada si es correcto; si no lo es, indique qué contiene esa columna.",
    )
    COLUMN_003 = (
        Severity.WARNING,
        "Se indicó qué contiene la columna «{value}», pero la tabla no tiene ninguna con ese nombre ni con esa letra.",
        "Revise cómo está escrito el encabezado en la hoja.",
    )
    COLUMN_004 = (
        Severity.WARNING,
        "La hoja no tiene la columna «{column}»: se usó el nombre de la hoja, «{value}».",
        "Si no es el responsable de esas acciones, agregue la columna «{column}» a la tabla.",
    )

    PLAN_001 = (
        Severity.ERROR,
        "No se encontró el año del plan (la vigencia).",
        "Escríbalo en el título, por ejemplo «PLAN DE ACCIÓN 2025», o indíquelo al subir el libro.",
    )
    PLAN_002 = (
        Severity.ERROR,
        "No se encontró el trimestre del seguimiento.",
        "Escríbalo sobre la columna del avance («SEGUIMIENTO III TRIMESTRE 2025») o indíquelo al subir el libro.",
    )
    PLAN_003 = (
        Severity.ERROR,
        "No se encontró la versión del plan.",
        "Escríbala sobre la tabla, por ejemplo «Versión 2.0», o indíquela al subir el libro.",
    )
    PLAN_004 = (
        Severity.ERROR,
        "No se encontró el título del plan.",
        "Escríbalo en una fila sobre la tabla, por ejemplo «PLAN DE ACCIÓN 2025».",
    )
    PLAN_005 = (
        Severity.ERROR,
        "No se encontró el objetivo del plan.",
        "Escríbalo en una fila sobre la tabla, comenzando con «Objetivo:».",
    )
    PLAN_006 = (
        Severity.ERROR,
        "Se indicó la vigencia {given}, pero aquí la hoja dice {found}.",
        "Corrija el año que indicó o el de la hoja: los dos deben coincidir.",
    )
    PLAN_007 = (
        Severity.ERROR,
        "La hoja tiene años distintos: aquí dice {found} y en la celda {other} dice {expected}.",
        "Deje el mismo año en el título y en los encabezados.",
    )
    PLAN_008 = (
        Severity.WARNING,
        "Se indicó el trimestre {given}, pero aquí la hoja dice {found}. Se usó el {given}.",
        "Revise cuál es el trimestre correcto y, si hace falta, corrija la hoja.",
    )
    PLAN_009 = (
        Severity.WARNING,
        "Se indicó la versión {given}, pero aquí la hoja dice {found}. Se usó la {given}.",
        "Revise cuál es la versión correcta y, si hace falta, corrija la hoja.",
    )
    PLAN_010 = (
        Severity.WARNING,
        "{what} no coincide con lo que dice la celda {other}: aquí dice «{value}». Se usó lo de la celda {other}.",
        "Deje el mismo texto en todas las páginas de la hoja.",
    )
    PLAN_011 = (
        Severity.ERROR,
        "El libro tiene el seguimiento de varios periodos ({value}) y no se sabe cuál se pide.",
        "Indique el trimestre del informe al subir el libro.",
    )
    PLAN_012 = (
        Severity.ERROR,
        "Se pide el {quarter} trimestre, pero el libro solo tiene el avance de estos periodos: {value}.",
        "Revise el trimestre que indicó o agregue a la tabla la columna con su avance.",
    )
    PLAN_013 = (
        Severity.ERROR,
        "Las hojas no son del mismo plan: aquí {what} es {found}, y en la celda {other} es {expected}.",
        "Corrija el dato que no corresponde; si esta hoja no hace parte del plan, ocúltela.",
    )
    PLAN_014 = (
        Severity.WARNING,
        "En esta hoja {what} no es el mismo que en la celda {other}. En los documentos sale el de esa celda.",
        "Deje el mismo texto en todas las hojas del plan.",
    )
    PLAN_021 = (
        Severity.ERROR,
        "El objetivo habla de la vigencia {found}, pero el plan es de {expected}.",
        "Corrija el año en el objetivo o en el título: los dos deben coincidir.",
    )
    PLAN_022 = (
        Severity.ERROR,
        "Todas las fechas del plan son de {found}, pero el plan es de la vigencia {expected}.",
        "Corrija el año del título o las fechas de las acciones.",
    )
    PLAN_023 = (
        Severity.ERROR,
        "El objetivo es tan largo que, repetido en el encabezado de cada página, no le deja lugar a la tabla.",
        "Resúmalo: unas diez líneas son más que suficientes.",
    )
    PLAN_024 = (
        Severity.ERROR,
        "Aquí dice «{value}», y la versión de un plan lleva dos números, como 1.0 o 2.0.",
        "Si es la versión del plan, escríbala como «{whole}»; si es la del formato, escriba la del plan en otra celda.",
    )
    PLAN_025 = (
        Severity.SUGGESTION,
        "El libro no dice el objetivo del plan: se usa el de los ajustes de la oficina.",
        "Si es otro, escríbalo en una fila sobre la tabla, comenzando con «Objetivo:».",
    )

    CELL_001 = (
        Severity.ERROR,
        "La celda está vacía y la columna «{column}» es obligatoria en cada acción.",
        "Complete la celda.",
    )
    CELL_002 = (
        Severity.ERROR,
        "La celda tiene un error de Excel: {value}.",
        "Corrija la fórmula o escriba el valor.",
    )
    CELL_003 = (
        Severity.ERROR,
        "La celda tiene la fórmula «{value}» y el libro no guardó su resultado.",
        "Abra el libro en Excel para que calcule las fórmulas, guárdelo y súbalo de nuevo, o escriba el valor.",
    )
    CELL_004 = (
        Severity.ERROR,
        "La celda dice contener un número, pero guarda «{value}».",
        "Escriba de nuevo el valor de la celda.",
    )

    TEXT_001 = (
        Severity.ERROR,
        "El texto tiene un carácter invisible que no puede imprimirse ({character}), en la posición {position}.",
        "Borre ese carácter o vuelva a escribir el texto en la celda.",
    )
    TEXT_002 = (
        Severity.ERROR,
        "El texto tiene {length} caracteres y una celda de Excel admite 32.767 como máximo.",
        "Acorte el texto de la celda.",
    )
    TEXT_003 = (
        Severity.SUGGESTION,
        "El texto es tan largo que no cabe en una sola fila de Excel: saldrá completo, repartido en varias filas.",
        "Si prefiere una sola fila, resuma el texto.",
    )
    TEXT_011 = (
        Severity.WARNING,
        "El texto parece cortado: termina en «{ending}» y la sigla completa es «{acronym}».",
        "Revise el texto original y complete el final.",
    )
    TEXT_012 = (
        Severity.WARNING,
        "El texto parece cortado: termina en «{ending}».",
        "Revise el texto original y complete el final.",
    )
    TEXT_013 = (
        Severity.WARNING,
        "El texto parece cortado: mide {length} caracteres justos, donde muchos programas cortan, y no acaba en punto.",
        "Compárelo con el texto original y complete el final.",
    )
    TEXT_014 = (
        Severity.SUGGESTION,
        "El texto no termina en punto.",
        "Agregue el punto final o revise si falta texto.",
    )
    TEXT_015 = (
        Severity.SUGGESTION,
        "El texto tiene espacios de más: «{around}».",
        "Deje un solo espacio entre palabras.",
    )
    TEXT_016 = (
        Severity.SUGGESTION,
        "El texto tiene caracteres que no se ven y que cambian cómo se corta o se busca.",
        "Reemplace el texto por el propuesto, que es igual sin esos caracteres.",
    )
    TEXT_017 = (
        Severity.SUGGESTION,
        "Una palabra quedó partida entre dos líneas: «{around}».",
        "Una la palabra en una sola línea.",
    )
    TEXT_018 = (
        Severity.SUGGESTION,
        "El texto mezcla comillas de distinto tipo o deja unas sin cerrar.",
        "Use un solo tipo de comillas y ciérrelas todas.",
    )
    TEXT_019 = (
        Severity.SUGGESTION,
        "Todo el texto está en mayúsculas sostenidas.",
        "Escríbalo en mayúsculas y minúsculas: se lee mejor.",
    )
    TEXT_020 = (
        Severity.WARNING,
        "La celda tiene un texto de relleno: «{around}».",
        "Escriba el texto definitivo.",
    )
    TEXT_021 = (
        Severity.SUGGESTION,
        "La sigla «{written}» se parece a «{acronym}», que es la que usa la entidad.",
        "Revise si es un error de digitación.",
    )

    DATE_001 = (
        Severity.ERROR,
        "«{value}» no es una fecha que se pueda leer.",
        "Escriba la fecha como día/mes/año, por ejemplo 1/03/2025.",
    )
    DATE_002 = (
        Severity.ERROR,
        "«{value}» está fuera de los años 1990 a 2100.",
        "Revise el año de la fecha.",
    )
    DATE_003 = (
        Severity.ERROR,
        "La acción termina el {value}, antes de comenzar: su fecha de inicio es el {start}.",
        "Corrija la fecha de inicio o la fecha de fin.",
    )
    DATE_004 = (
        Severity.WARNING,
        "La fecha «{value}» está escrita como texto y podría leerse de dos maneras: se leyó como el {day}.",
        "Si es correcta, no tiene que hacer nada; si no, escríbala de nuevo como día/mes/año.",
    )
    DATE_005 = (
        Severity.SUGGESTION,
        "«{value}» no dice el día: se leyó como el {day}.",
        "Si es otro día, escriba la fecha completa, por ejemplo 1/03/2025.",
    )
    DATE_011 = (
        Severity.WARNING,
        "La fecha {value} está fuera de la vigencia {year}.",
        "Revise el año; si la acción de verdad pasa de un año a otro, no tiene que hacer nada.",
    )
    DATE_012 = (
        Severity.WARNING,
        "La acción termina el {value}, dentro del trimestre ({cut}) o antes, y el avance no dice si se cumplió.",
        "Diga en el avance si la acción se cumplió o por qué sigue abierta.",
    )
    DATE_013 = (
        Severity.WARNING,
        "La acción comienza el {value}, después del cierre del trimestre ({cut}), pero ya tiene avance.",
        "Revise la fecha de inicio o el avance.",
    )

    TARGET_001 = (
        Severity.ERROR,
        "La meta «{value}» no es un número ni un porcentaje.",
        "Escriba solo la cantidad, como 4, 1.234,5 o 25 %; la unidad va en su propia columna.",
    )
    TARGET_002 = (
        Severity.WARNING,
        "La meta no es una cantidad: se conserva el texto «{value}».",
        "Si la meta ya está definida, escriba la cantidad.",
    )
    TARGET_003 = (
        Severity.ERROR,
        "La meta «{value}» tiene más de 15 cifras y Excel no la guarda con exactitud.",
        "Revise la cantidad; si es correcta, exprésela en una unidad mayor.",
    )
    TARGET_004 = (
        Severity.WARNING,
        "La cantidad «{value}» podría leerse de dos maneras y nada en el libro dice cuál: se leyó como {read}.",
        "Si es correcta, no tiene que hacer nada; si no, escriba la cantidad como número y no como texto.",
    )
    TARGET_011 = (
        Severity.ERROR,
        "La meta es negativa: {value}.",
        "Escriba una cantidad mayor que cero.",
    )
    TARGET_012 = (
        Severity.WARNING,
        "La meta es cero.",
        "Revise si falta la cantidad; si la meta es que no ocurra nada, no tiene que hacer nada.",
    )
    TARGET_013 = (
        Severity.WARNING,
        "La meta {value} tiene decimales, pero se mide en «{unit}», que se cuenta por unidades completas.",
        "Escriba un número entero o corrija la unidad de medida.",
    )
    TARGET_014 = (
        Severity.WARNING,
        "La meta es un porcentaje ({value}), pero se mide en «{unit}».",
        "Escriba la cantidad, o «Porcentaje» en la unidad de medida.",
    )
    TARGET_015 = (
        Severity.WARNING,
        "La meta es {value}, más del 100 %.",
        "Revise la meta: un porcentaje va de 0 a 100 %.",
    )
    TARGET_016 = (
        Severity.WARNING,
        "La meta {value} se mide en porcentaje: así escrita parece la fracción de {percent}.",
        "Escríbala como porcentaje: {percent}.",
    )
    TARGET_017 = (
        Severity.SUGGESTION,
        "La meta {value} se mide en porcentaje, pero no lleva el signo %.",
        "Escríbala como {percent}; si es una cantidad, corrija la unidad de medida.",
    )
    TARGET_018 = (
        Severity.SUGGESTION,
        "La meta se imprime como {value}, aunque la hoja puede mostrarla con menos decimales.",
        "Si la meta es la cantidad redondeada, escríbala así en la celda.",
    )

    ROW_001 = (
        Severity.ERROR,
        "El número {value} está repetido: ya lo tiene la acción de la celda {other}.",
        "Dé a cada acción un número distinto.",
    )
    ROW_002 = (
        Severity.WARNING,
        "La numeración salta del {previous} al {value}.",
        "Revise si falta alguna acción o corrija los números.",
    )
    ROW_003 = (
        Severity.SUGGESTION,
        "La fila {row} no se leyó como acción: «{value}».",
        "No tiene que hacer nada si es una nota, un subtítulo o una firma; si es una acción, complete sus celdas.",
    )
    ROW_004 = (
        Severity.WARNING,
        "La fila {row} solo tiene el número {value} y no se leyó como acción.",
        "Complete la acción o borre el número.",
    )
    ROW_005 = (
        Severity.WARNING,
        "La fila {row} está oculta en la hoja; su acción también se leyó.",
        "Si la acción no debe ir en el informe, bórrela en vez de ocultarla.",
    )
    ROW_006 = (
        Severity.SUGGESTION,
        "Filas con títulos de sección o totales, que no se leyeron como acciones: {rows}.",
        "No tiene que hacer nada; si alguna es una acción, complete sus celdas.",
    )
    ROW_011 = (
        Severity.WARNING,
        "La numeración comienza en el {value} y no en el 1.",
        "Revise si falta alguna acción al comienzo o corrija los números.",
    )
    ROW_012 = (
        Severity.SUGGESTION,
        "La hoja «{sheet}» vuelve a numerar las acciones: el {value} ya está en la hoja «{first}».",
        "Si el informe va en una sola tabla, numere las acciones de corrido.",
    )
    ROW_013 = (
        Severity.WARNING,
        "La acción y su indicador se repiten: son casi iguales a los de la celda {other}.",
        "Deje una sola de las dos o aclare en qué se diferencian.",
    )
    ROW_014 = (
        Severity.SUGGESTION,
        "La acción es la misma de la celda {other}, con otro indicador.",
        "No tiene que hacer nada si es una acción con varios indicadores.",
    )

    PERIODICITY_001 = (
        Severity.WARNING,
        "La periodicidad «{value}» no está escrita como en el catálogo: debe ser «{proposal}».",
        "Escriba «{proposal}».",
    )
    PERIODICITY_002 = (
        Severity.WARNING,
        "La periodicidad «{value}» no es ninguna de las conocidas: {known}.",
        "Escriba una de ellas.",
    )

    FUNDING_001 = (
        Severity.WARNING,
        "La fuente de financiación «{value}» no está escrita como en el catálogo: debe ser «{proposal}».",
        "Escriba «{proposal}».",
    )
    FUNDING_002 = (
        Severity.WARNING,
        "La fuente de financiación «{value}» no está en el catálogo{others}: {known}.",
        "Escriba una de ellas o agregue la suya a los ajustes de la entidad.",
    )
    FUNDING_003 = (
        Severity.SUGGESTION,
        "Casi ninguna fuente de financiación está en el catálogo, así que no se revisaron sus nombres.",
        "Escriba las fuentes de su entidad en los ajustes para que Folio las revise.",
    )

    LEAD_001 = (
        Severity.WARNING,
        "El responsable «{value}» no está escrito como en el catálogo de dependencias.",
        "Escriba «{proposal}».",
    )
    LEAD_002 = (
        Severity.WARNING,
        "Aquí hay {count} dependencias sin un separador claro: {units}.",
        "Sepárelas así: «{proposal}».",
    )
    LEAD_003 = (
        Severity.WARNING,
        "El responsable «{value}» no está en el catálogo de dependencias{others}.",
        "Revise el nombre o agregue la dependencia a los ajustes de la entidad.",
    )
    LEAD_004 = (
        Severity.SUGGESTION,
        "Casi ningún responsable está en el catálogo de dependencias, así que no se revisaron sus nombres.",
        "Escriba las dependencias de su entidad en los ajustes para que Folio revise los nombres.",
    )

    PROGRESS_001 = (
        Severity.WARNING,
        "El avance dice «{value}», que no cuenta ningún avance.",
        "Describa lo que se hizo en el trimestre o explique por qué no hubo avance.",
    )
    PROGRESS_002 = (
        Severity.WARNING,
        "El avance es muy corto: tiene {length} y se esperan al menos {least}.",
        "Describa lo que se hizo en el trimestre.",
    )
    PROGRESS_003 = (
        Severity.WARNING,
        "El avance es idéntico al de la celda {other}.",
        "Describa el avance propio de cada acción.",
    )
    PROGRESS_004 = (
        Severity.WARNING,
        "El avance es idéntico al del informe del {quarter} trimestre.",
        "Describa lo que se hizo en este trimestre.",
    )

    QUARTER_001 = (
        Severity.ERROR,
        "El avance habla del {found} y el informe es del {expected}.",
        "Revise si el texto es de otro informe; si solo está mal escrito, corríjalo.",
    )
    QUARTER_002 = (
        Severity.ERROR,
        "El avance habla del año {found} y el informe es de {expected}.",
        "Revise si el texto es de otro informe; si solo está mal escrito, corríjalo.",
    )
    QUARTER_003 = (
        Severity.WARNING,
        "El avance solo menciona el {found} y el informe es del {expected}.",
        "Diga también lo que se hizo en el {expected}.",
    )
    QUARTER_004 = (
        Severity.SUGGESTION,
        "El avance menciona {months}, fuera del {expected}.",
        "Revise que lo contado corresponda al trimestre del informe.",
    )

    FIGURE_001 = (
        Severity.SUGGESTION,
        "Las cantidades no suman lo que dice el texto: {sum} da {found} y el total es {expected}.",
        "Revise las cantidades y el total.",
    )
    FIGURE_002 = (
        Severity.SUGGESTION,
        "Los porcentajes no corresponden a las cantidades: {right}.",
        "Corrija los porcentajes o las cantidades.",
    )
    FIGURE_003 = (
        Severity.SUGGESTION,
        "La meta es {target} y el avance no da ninguna cifra de cuánto se lleva.",
        "Diga cuánto se ha cumplido de la meta, por ejemplo «2 de {target}».",
    )
    FIGURE_004 = (
        Severity.SUGGESTION,
        "El avance cuenta que ya se cumplió («{claim}»), pero no dice que la meta de {target} quedó cumplida.",
        "Dígalo con la cifra, por ejemplo «meta cumplida: {target} de {target}».",
    )

    QUANTITY_001 = (
        Severity.WARNING,
        "Lo ejecutado ({value}) supera lo programado ({planned}) en más de lo esperado.",
        "Revise las cantidades o explique la diferencia en el avance.",
    )
    QUANTITY_002 = (
        Severity.WARNING,
        "El acumulado baja: aquí es {value} y antes era {before}.",
        "Revise los acumulados: de un período a otro no deben bajar.",
    )
    QUANTITY_003 = (
        Severity.WARNING,
        "El porcentaje de avance es {value}, pero {done} de {target} es {right}.",
        "Escriba {right} o corrija las cantidades.",
    )
    QUANTITY_004 = (
        Severity.WARNING,
        "Las ponderaciones suman {value} y deben sumar 100 %.",
        "Revise los pesos de las acciones.",
    )

    BUDGET_001 = (
        Severity.ERROR,
        "Lo {less} ({value}) es más que lo {more} ({other}).",
        "Revise los dos valores: lo apropiado cubre lo comprometido, esto lo obligado y esto lo pagado.",
    )
    BUDGET_002 = (
        Severity.ERROR,
        "El valor {value} es negativo.",
        "Escriba el valor en pesos, cero o más.",
    )

    EVIDENCE_001 = (
        Severity.WARNING,
        "La acción tiene avance, pero no tiene evidencia.",
        "Agregue el enlace o el nombre del soporte.",
    )
    EVIDENCE_002 = (
        Severity.WARNING,
        "El enlace de la evidencia está mal escrito: «{value}».",
        "Copie de nuevo el enlace completo, desde «https://».",
    )
    EVIDENCE_003 = (
        Severity.WARNING,
        "La evidencia está en un sitio personal ({host}) y puede perderse.",
        "Guárdela en el repositorio de la entidad y ponga ese enlace.",
    )

    PRIVACY_001 = (
        Severity.WARNING,
        "El texto tiene lo que parece un número de cédula: {found}.",
        "Quítelo antes de publicar: es un dato personal (Ley 1581 de 2012).",
    )
    PRIVACY_002 = (
        Severity.WARNING,
        "El texto tiene lo que parece un celular: {found}.",
        "Quítelo antes de publicar: es un dato personal (Ley 1581 de 2012).",
    )
    PRIVACY_003 = (
        Severity.WARNING,
        "El texto tiene un correo personal: {found}.",
        "Quítelo o use el correo institucional: es un dato personal (Ley 1581 de 2012).",
    )

    CHANGE_001 = (
        Severity.ERROR,
        "Modificación no aprobada: en la versión {version} decía «{before}» y ahora dice «{now}».",
        "Vuelva a lo aprobado o suba el plan con el número de su nueva versión.",
    )
    CHANGE_002 = (
        Severity.ERROR,
        "Modificación no aprobada: {lost} de la versión {version}.",
        "Vuelva a incluir lo que falta o suba el plan con el número de su nueva versión.",
    )
    CHANGE_003 = (
        Severity.ERROR,
        "Modificación no aprobada: la acción {number} no está en la versión {version}.",
        "Quítela o suba el plan con el número de su nueva versión.",
    )
    CHANGE_004 = (
        Severity.SUGGESTION,
        "Frente a la versión {version}, {lost}.",
        "No tiene que hacer nada si así se aprobó la nueva versión.",
    )
    CHANGE_005 = (
        Severity.SUGGESTION,
        "La acción {number} no estaba en la versión {version}.",
        "No tiene que hacer nada si así se aprobó la nueva versión.",
    )
    CHANGE_006 = (
        Severity.WARNING,
        "Cambio del plan sin versión nueva: en la versión {version} decía «{before}» y ahora dice «{now}».",
        "Confirme que la oficina de planeación lo aprobó, o vuelva a lo que decía.",
    )

    STEP_001 = (
        Severity.ERROR,
        "El informe es de la versión {value} y ya se emitió la versión {latest} del plan {year}.",
        "Revise el número de la versión; si es un informe anterior que faltaba, acéptelo con una razón.",
    )
    STEP_002 = (
        Severity.ERROR,
        "El informe es del {value} trimestre, y el del {latest} ya se emitió con una versión anterior, la {earlier}.",
        "Revise el trimestre: una versión nueva del plan no vuelve atrás. Si así fue, acéptelo con una razón.",
    )
    STEP_003 = (
        Severity.WARNING,
        "El informe es del {value} trimestre y ya se emitió el del {latest}.",
        "Si carga un informe anterior que faltaba, no tiene que hacer nada; si no, revise el trimestre.",
    )

    CORRECTION_001 = (
        Severity.ERROR,
        "No se pudo corregir la celda {cell} de la hoja «{sheet}»: el libro no tiene esa celda.",
        "Revise la hoja y la celda que indicó. No se hizo ninguna de las correcciones pedidas.",
    )
    CORRECTION_002 = (
        Severity.ERROR,
        "No se corrigió la celda {cell} de la hoja «{sheet}»: ya no dice «{before}», sino «{value}».",
        "Mire de nuevo lo que dice la celda antes de corregirla. No se hizo ninguna de las correcciones pedidas.",
    )

    OLD_001 = (
        Severity.SUGGESTION,
        "Un hallazgo de una edición anterior de Folio: {value}",
        "Vuelva a subir el libro para revisarlo con las reglas de hoy.",
    )

    def __init__(self, severity: Severity, message: str, fix: str) -> None:
        self.severity = severity
        self.message = message
        self.fix = fix

    def at(
        self,
        place: CellRef | None = None,
        *,
        column: str = "",
        value: str = "",
        proposal: str | None = None,
        **words: str | int,
    ) -> Finding:
        """The finding at its place. `column` is the header as printed, `value` what stands in the cell.

        `proposal` is the text to put in the cell instead, where there is one that mends it.
        """
        value = legible(value)
        shown = value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
        filled = {"value": shown, "column": column, "proposal": proposal or "", **words}
        said, advice = self.message.format(**filled), self.fix.format(**filled)
        return Finding(self, place, column, value, said, advice, proposal)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to correct or to know, at its place.

    `proposal` is what to write in the cell instead, when that is known. `accepted` is the reason with which a person
    let it stand; an accepted error no longer blocks the document.
    """

    code: FindingCode
    place: CellRef | None
    column: str
    value: str
    message: str
    fix: str
    proposal: str | None = None
    accepted: str | None = None

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return self.code.severity

    @property
    def can_be_applied(self) -> bool:
        """Whether putting the proposal into its cell mends it: it is for one cell, and not what that cell says."""
        is_of_a_cell = self.place is not None and bool(self.place.cell)
        return is_of_a_cell and self.proposal is not None and self.proposal != self.value


def has_errors(findings: tuple[Finding, ...]) -> bool:
    """Whether any finding blocks the final document."""
    return any(finding.severity is Severity.ERROR and finding.accepted is None for finding in findings)
